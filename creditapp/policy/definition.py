"""Defines a policy: the cut-offs and rules that turn a probability into a risk level and a decision."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Date, Question, Role
from creditapp.applications.table import scored_answer
from creditapp.exceptions import BadPolicy
from creditapp.phrases import Listing, Phrase, marked
from creditapp.policy.points import DEFAULT_SCALE, PointsScale, scale_from

MOST_DAYS = 3650
RULE_KEYS = {"feature", "over", "under", "codes", "outcome", "text"}


class RiskLevel(StrEnum):
    """The risk that the credit goes bad, by the probability of good credit."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Outcome(StrEnum):
    """The outcome of a decision; with `refer`, a person decides."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


SEVERITY = {Outcome.APPROVE: 0, Outcome.REFER: 1, Outcome.DECLINE: 2}


@dataclass(frozen=True)
class Rule:
    """A hard rule on one feature. It can make a decision worse, never better.

    A number meets the rule if it is above `over` or below `under`, a code if it is among `codes`. A date
    counts as the number of days before the application. An answer that stands for a missing value meets
    the rule only if it is among `codes`.
    """

    feature: str
    outcome: Outcome
    text: str
    over: float | None = None
    under: float | None = None
    codes: tuple[Answer, ...] = ()

    def is_met(self, catalogue: Catalogue, answers: Mapping[str, Answer]) -> bool:
        """Whether an application's answers meet the rule; never under a catalogue without its feature."""
        question = catalogue.by_name.get(self.feature)
        if question is None:
            return False
        return self.is_met_by(question, scored_answer(catalogue, question, answers))

    def is_met_by(self, question: Question, answer: Answer) -> bool:
        """Whether an answer meets the rule; a date is given as the days before the application."""
        if answer in self.codes:
            return True
        if isinstance(question, Choice) or question.is_missing(answer):
            return False
        over = self.over is not None and answer > self.over
        return over or (self.under is not None and answer < self.under)

    def as_document(self) -> dict[str, Any]:
        """The rule as JSON, without the keys that it does not use."""
        conditions = {"over": self.over, "under": self.under, "codes": list(self.codes) or None}
        used = {name: value for name, value in conditions.items() if value is not None}
        return {"feature": self.feature, **used, "outcome": self.outcome.value, "text": self.text}


@dataclass(frozen=True)
class Policy:
    """Two cut-offs on the probability of good credit, the outcome of each risk level, and the rules.

    With `points`, each decision also has a score in points. With `refer_repeats_days`, an application is
    referred instead of approved if its reference was decided within so many days before.
    """

    version: str
    low_risk_from: float = 0.7
    medium_risk_from: float = 0.4
    outcomes: Mapping[RiskLevel, Outcome] = field(
        default_factory=lambda: {
            RiskLevel.LOW: Outcome.APPROVE,
            RiskLevel.MEDIUM: Outcome.REFER,
            RiskLevel.HIGH: Outcome.DECLINE,
        }
    )
    rules: tuple[Rule, ...] = ()
    points: PointsScale | None = None
    refer_repeats_days: int | None = None

    def risk_level(self, probability_good: float) -> RiskLevel:
        """The risk level of a probability of good credit."""
        if probability_good >= self.low_risk_from:
            return RiskLevel.LOW
        return RiskLevel.MEDIUM if probability_good >= self.medium_risk_from else RiskLevel.HIGH

    def score(self, probability_good: float) -> int | None:
        """The points of a probability of good credit; none for a policy without a scale."""
        return self.points.score(probability_good) if self.points else None

    def outcome(
        self,
        risk_level: RiskLevel,
        catalogue: Catalogue,
        answers: Mapping[str, Answer],
        *,
        outside_training: bool,
        repeated: bool = False,
    ) -> Outcome:
        """The outcome of a decision.

        An application with an answer outside the training data is referred instead of approved, and so is
        one whose reference was decided before, where the policy says so.
        """
        outcome = self.outcome_by_score(risk_level, doubtful=outside_training or repeated)
        return self._apply_rules(outcome, catalogue, answers) if self.rules else outcome

    def outcome_by_score(self, risk_level: RiskLevel, *, doubtful: bool) -> Outcome:
        """The outcome without the rules; an application that is `doubtful` is not approved."""
        outcome = self.outcomes[risk_level]
        return Outcome.REFER if doubtful and outcome is Outcome.APPROVE else outcome

    def rules_met(self, catalogue: Catalogue, answers: Mapping[str, Answer]) -> list[Rule]:
        """The rules that an application meets, in the policy's order."""
        return [rule for rule in self.rules if rule.is_met(catalogue, answers)]

    def _apply_rules(
        self, outcome: Outcome, catalogue: Catalogue, answers: Mapping[str, Answer]
    ) -> Outcome:
        """The most severe of the outcome and the outcomes of the rules that are met."""
        met = [rule.outcome for rule in self.rules_met(catalogue, answers)]
        return max([outcome, *met], key=SEVERITY.__getitem__)

    def as_document(self) -> dict[str, Any]:
        """The policy as JSON: its version and everything that a change of policy can set."""
        return {
            "version": self.version,
            "low_risk_from": self.low_risk_from,
            "medium_risk_from": self.medium_risk_from,
            "rules": [rule.as_document() for rule in self.rules],
            "points": self.points.as_document() if self.points else None,
            "refer_repeats_days": self.refer_repeats_days,
        }


DEFAULT_POLICY = Policy(version="default-1", points=DEFAULT_SCALE)


def from_document(document: Mapping[str, Any]) -> Policy:
    """Make a policy from its document, without checks: they were made when it was put in force."""
    rules = tuple(
        Rule(**{**rule, "outcome": Outcome(rule["outcome"]), "codes": tuple(rule.get("codes", ()))})
        for rule in document["rules"]
    )
    low, medium = document["low_risk_from"], document["medium_risk_from"]
    # why: documents from before there were points or repeats have no such key.
    points = scale_from(document.get("points"))
    repeats = document.get("refer_repeats_days")
    return Policy(
        document["version"], low, medium, rules=rules, points=points, refer_repeats_days=repeats
    )


def check_cut_offs(low_risk_from: float, medium_risk_from: float) -> None:
    """Check that both cut-offs are probabilities and in the right order.

    Raises:
        BadPolicy: a cut-off is not a number from 0 to 1, or refer-from is above approve-from.
    """
    for name, value in (("approve-from", low_risk_from), ("refer-from", medium_risk_from)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise BadPolicy(
                marked("%(name)s must be a number from 0 to 1, not %(value)s"),
                name=name,
                value=f"{value:g}",
            )
    if medium_risk_from > low_risk_from:
        raise BadPolicy(
            marked(
                "refer-from (%(medium_risk_from)s) must not be above approve-from (%(low_risk_from)s)"
            ),
            medium_risk_from=f"{medium_risk_from:g}",
            low_risk_from=f"{low_risk_from:g}",
        )


def check_repeats(days: int | None) -> None:
    """Check for how many days a repeated reference is referred; None is never.

    Raises:
        BadPolicy: it is no number of days from 1 to 3650.
    """
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise BadPolicy(
            marked("refer-repeats must be a number of days from 1 to %(most)s, not %(days)s"),
            most=MOST_DAYS,
            days=days,
        )


RULE = marked("rule %(number)s")
NUMBER_LIMITS = marked("over or under, with a number")
LISTED_CODES = marked("codes, with a list")
MISSING_CODES = marked("or codes, with missing answers")
DAYS = Phrase(marked("a number of days"), {})


def rules_from(catalogue: Catalogue, document: object) -> tuple[Rule, ...]:
    """Make rules from the document that people write, and check each against a catalogue.

    Raises:
        BadPolicy: a rule is wrong; the message gives its number and says what is accepted.
    """
    if not isinstance(document, list):
        raise BadPolicy(marked("rules must be a list of objects"))
    return tuple(
        _rule(catalogue, Phrase(RULE, {"number": number}), rule)
        for number, rule in enumerate(document, 1)
    )


def _rule(catalogue: Catalogue, label: Phrase, document: object) -> Rule:
    if not isinstance(document, dict):
        raise BadPolicy(marked("%(label)s must be an object"), label=label)
    if unknown := sorted(map(str, document.keys() - RULE_KEYS)):
        accepted = ", ".join(sorted(RULE_KEYS))
        raise BadPolicy(
            marked("%(label)s: the key %(key)s is unknown; use %(accepted)s"),
            label=label,
            key=unknown[0][:50],
            accepted=accepted,
        )
    feature, text = document.get("feature"), document.get("text")
    question = catalogue.by_name.get(feature) if isinstance(feature, str) else None
    if question is None or question.role is not Role.FEATURE:
        raise BadPolicy(
            marked("%(label)s: the feature %(feature)s is not one of the scored features"),
            label=label,
            feature=f"{feature!r:.80}",
        )
    if question.protected:
        raise BadPolicy(
            marked("%(label)s: %(feature)s is protected; a rule must not use a protected answer"),
            label=label,
            feature=feature,
        )
    if not isinstance(text, str) or not text.strip():
        raise BadPolicy(
            marked("%(label)s: the text is missing; it gives the reason to the applicant"),
            label=label,
        )
    outcome = _worse_outcome(label, document)
    return Rule(question.name, outcome, text.strip(), **_condition(question, label, document))


def _worse_outcome(label: Phrase, document: Mapping[str, Any]) -> Outcome:
    outcome = document.get("outcome")
    if outcome not in (Outcome.REFER.value, Outcome.DECLINE.value):
        raise BadPolicy(
            marked("%(label)s: the outcome must be refer or decline, not %(outcome)s"),
            label=label,
            outcome=f"{outcome!r:.50}",
        )
    return Outcome(outcome)


def _condition(question: Question, label: Phrase, document: Mapping[str, Any]) -> dict[str, Any]:
    """The limits of a rule on a number, or the codes of a rule on a choice or on missing answers."""
    numeric = not isinstance(question, Choice)
    allowed = {"over", "under"} if numeric else {"codes"}
    if question.missing:
        allowed = {*allowed, "codes"}
    keys = document.keys() & {"over", "under", "codes"}
    if not keys or keys - allowed:
        usable = [NUMBER_LIMITS] if numeric else [LISTED_CODES]
        usable += [MISSING_CODES] if numeric and question.missing else []
        raise BadPolicy(
            marked("%(label)s: for %(feature)s use %(usable)s"),
            label=label,
            feature=question.name,
            usable=Listing(tuple(usable)),
        )
    limits = _limits(question, label, document, sorted(keys - {"codes"}))
    return {**limits, **({"codes": _codes(question, label, document)} if "codes" in keys else {})}


def _limits(
    question: Question, label: Phrase, document: Mapping[str, Any], keys: list[str]
) -> dict[str, float]:
    for key in keys:
        limit = document[key]
        is_limit = (
            type(limit) is int if isinstance(question, Date) else question.accepts_value(limit)
        )
        if not is_limit:
            accepted = DAYS if isinstance(question, Date) else question.value_accepted
            raise BadPolicy(
                marked("%(label)s: %(key)s must be %(accepted)s for %(feature)s, not %(limit)s"),
                label=label,
                key=key,
                accepted=accepted,
                feature=question.name,
                limit=f"{limit!r:.50}",
            )
    return {key: document[key] for key in keys}


def _codes(question: Question, label: Phrase, document: Mapping[str, Any]) -> tuple[Answer, ...]:
    codes = document["codes"]
    if not isinstance(codes, list) or not codes:
        raise BadPolicy(marked("%(label)s: codes must be a list of at least one code"), label=label)
    for code in codes:
        is_code = (
            question.accepts(code) if isinstance(question, Choice) else question.is_missing(code)
        )
        if not is_code:
            accepted = question.accepted if isinstance(question, Choice) else "a missing answer"
            raise BadPolicy(
                marked("%(label)s: a code must be %(accepted)s for %(feature)s, not %(code)s"),
                label=label,
                accepted=accepted,
                feature=question.name,
                code=f"{code!r:.50}",
            )
    return tuple(codes)
