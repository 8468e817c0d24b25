"""The policy: from a probability to a risk level and a decision, under a version's name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from creditapp.applications.catalogue import FEATURE_NAMES, FEATURES, Answer, Numeric
from creditapp.exceptions import BadPolicy

FEATURES_BY_NAME = {feature.name: feature for feature in FEATURES}
RULE_KEYS = {"feature", "over", "under", "codes", "outcome", "text"}


class RiskLevel(StrEnum):
    """How likely the credit is to be good."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Outcome(StrEnum):
    """What is decided; `refer` leaves it to a person."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


SEVERITY = {Outcome.APPROVE: 0, Outcome.REFER: 1, Outcome.DECLINE: 2}


@dataclass(frozen=True)
class Rule:
    """A hard rule over one feature: it can make a decision worse, never better.

    It is met by a number over or under a limit, or by one of the codes.
    """

    feature: str
    outcome: Outcome
    text: str
    over: float | None = None
    under: float | None = None
    codes: tuple[str, ...] = ()

    def is_met(self, answers: Mapping[str, Answer]) -> bool:
        """Whether an application falls under the rule."""
        answer = answers[self.feature]
        if isinstance(answer, str):
            return answer in self.codes
        over = self.over is not None and answer > self.over
        return over or (self.under is not None and answer < self.under)

    def as_document(self) -> dict[str, Any]:
        """The rule as it is written in a file: only what it says."""
        limits = {"over": self.over, "under": self.under, "codes": list(self.codes) or None}
        said = {name: value for name, value in limits.items() if value is not None}
        return {"feature": self.feature, **said, "outcome": self.outcome.value, "text": self.text}


@dataclass(frozen=True)
class Policy:
    """Cut-offs on the probability of good credit, and what follows from each risk level."""

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

    def risk_level(self, probability_good: float) -> RiskLevel:
        """The risk level of a probability of good credit."""
        if probability_good >= self.low_risk_from:
            return RiskLevel.LOW
        return RiskLevel.MEDIUM if probability_good >= self.medium_risk_from else RiskLevel.HIGH

    def outcome(
        self, risk_level: RiskLevel, answers: Mapping[str, Answer], *, outside_training: bool
    ) -> Outcome:
        """The decision; what the model has never seen is not approved without a person."""
        outcome = self.outcomes[risk_level]
        if outside_training and outcome is Outcome.APPROVE:
            outcome = Outcome.REFER
        return self._made_worse(outcome, answers) if self.rules else outcome

    def rules_met(self, answers: Mapping[str, Answer]) -> list[Rule]:
        """The rules that an application falls under, in their order."""
        return [rule for rule in self.rules if rule.is_met(answers)]

    def _made_worse(self, outcome: Outcome, answers: Mapping[str, Answer]) -> Outcome:
        met = [rule.outcome for rule in self.rules_met(answers)]
        return max([outcome, *met], key=SEVERITY.__getitem__)

    def as_document(self) -> dict[str, Any]:
        """All that a change of policy may set, and its version, as JSON holds it."""
        return {
            "version": self.version,
            "low_risk_from": self.low_risk_from,
            "medium_risk_from": self.medium_risk_from,
            "rules": [rule.as_document() for rule in self.rules],
        }


DEFAULT_POLICY = Policy(version="default-1")


def from_document(document: Mapping[str, Any]) -> Policy:
    """A policy out of its document, which was checked when it was put in force."""
    rules = tuple(
        Rule(**{**rule, "outcome": Outcome(rule["outcome"]), "codes": tuple(rule.get("codes", ()))})
        for rule in document["rules"]
    )
    low, medium = document["low_risk_from"], document["medium_risk_from"]
    return Policy(document["version"], low, medium, rules=rules)


def check_cut_offs(low_risk_from: float, medium_risk_from: float) -> None:
    """See that both are probabilities and in their order.

    Raises:
        BadPolicy: they are not.
    """
    for name, value in (("approve from", low_risk_from), ("refer from", medium_risk_from)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise BadPolicy(f"{name} {value:g}: accepted is a number from 0 to 1")
    if medium_risk_from > low_risk_from:
        raise BadPolicy(
            f"refer-from ({medium_risk_from:g}) must not be above approve-from ({low_risk_from:g})"
        )


def rules_from(document: object) -> tuple[Rule, ...]:
    """Rules as people write them, each checked against the catalogue.

    Raises:
        BadPolicy: one is wrong; the message names it and says what is accepted.
    """
    if not isinstance(document, list):
        raise BadPolicy("rules: accepted is a list of objects")
    return tuple(_rule(f"rule {number}", given) for number, given in enumerate(document, 1))


def _rule(place: str, given: object) -> Rule:
    if not isinstance(given, dict):
        raise BadPolicy(f"{place}: accepted is an object")
    if unknown := sorted(map(str, given.keys() - RULE_KEYS)):
        accepted = ", ".join(sorted(RULE_KEYS))
        raise BadPolicy(f"{place}: {unknown[0][:50]} is not known; accepted are {accepted}")
    feature, text = given.get("feature"), given.get("text")
    if not isinstance(feature, str) or feature not in FEATURE_NAMES:
        raise BadPolicy(f"{place}: the feature {feature!r:.80} is not one of the scored features")
    if FEATURES_BY_NAME[feature].protected:
        raise BadPolicy(f"{place}: {feature} is protected, and no rule may be made over it")
    if not isinstance(text, str) or not text.strip():
        raise BadPolicy(f"{place}: a text that gives the reason is missing")
    return Rule(feature, _worse_outcome(place, given), text.strip(), **_condition(place, given))


def _worse_outcome(place: str, given: Mapping[str, Any]) -> Outcome:
    outcome = given.get("outcome")
    if outcome not in (Outcome.REFER.value, Outcome.DECLINE.value):
        raise BadPolicy(f"{place}: the outcome {outcome!r:.50} is not refer or decline")
    return Outcome(outcome)


def _condition(place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The limits or codes of a rule, of the kind that its feature takes."""
    numeric = isinstance(FEATURES_BY_NAME[given["feature"]], Numeric)
    wanted = {"over", "under"} if numeric else {"codes"}
    named = given.keys() & {"over", "under", "codes"}
    if not named or named - wanted:
        accepted = "over or under, a number" if numeric else "codes, a list"
        raise BadPolicy(f"{place}: for {given['feature']} accepted is {accepted}")
    return _limits(place, given, sorted(named)) if numeric else {"codes": _codes(place, given)}


def _limits(place: str, given: Mapping[str, Any], named: list[str]) -> dict[str, float]:
    feature = FEATURES_BY_NAME[given["feature"]]
    for name in named:
        if not feature.accepts(given[name]):
            raise BadPolicy(
                f"{place}: {name} {given[name]!r:.50}: accepted for {feature.name} "
                f"is {feature.accepted}"
            )
    return {name: given[name] for name in named}


def _codes(place: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    feature, codes = FEATURES_BY_NAME[given["feature"]], given["codes"]
    if not isinstance(codes, list) or not codes:
        raise BadPolicy(f"{place}: codes: accepted is a list of at least one code")
    for code in codes:
        if not feature.accepts(code):
            raise BadPolicy(
                f"{place}: the code {code!r:.50}: accepted for {feature.name} is {feature.accepted}"
            )
    return tuple(codes)
