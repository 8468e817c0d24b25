"""Finds the principal reasons: the answers that lower a score most, compared with a reference group.

The group consists of applicants at or just above the cut-off, as the official interpretation of
12 CFR 1002.9 (Regulation B) describes. They come from the hold-out, on which the model was not fitted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

import numpy as np

from creditapp.applications.catalogue import BY_NAME, PROTECTED, Answer, Application, Numeric
from creditapp.applications.table import Columns, columns_of, read_csv
from creditapp.exceptions import BadTable, BrokenBundle
from creditapp.phrases import Phrase, marked, translate
from creditapp.policy.definition import SEVERITY, Outcome, Policy, Rule
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.forest import Forest, Leaves
from creditapp.scoring.scorer import TOLERANCE, Score, Scorer

GROUP = 32
"""The size of the reference group: enough for typical answers, few enough to lie near the cut-off."""

MOST_REASONS = 4


class Source(StrEnum):
    """Where a reason comes from."""

    MODEL = "model"
    RULE = "rule"
    OUTSIDE_TRAINING = "outside training data"
    PERSON = "person"


@dataclass(frozen=True)
class Reason:
    """A principal reason; the code that shows it translates its text."""

    feature: str
    value: Answer
    meaning: str
    text: Phrase
    source: Source

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The reason as JSON, translated with `gettext`."""
        return {
            "feature": self.feature,
            "value": self.value,
            "meaning": translate(self.meaning, gettext),
            "text": translate(self.text, gettext),
            "source": self.source.value,
        }


class Explainer:
    """Explains scores by a bundle's forest and its hold-out; safe to share between threads."""

    def __init__(self, bundle: Bundle, scorer: Scorer) -> None:
        inputs = bundle.metadata.inputs
        self._names = list(inputs)
        self._encoder = Encoder.from_inputs(inputs)
        self._forest = Forest(Leaves.unpack(bundle.leaves), inputs)
        columns = _read_hold_out(bundle.holdout)
        probabilities = scorer.probabilities(columns)
        order = np.argsort(probabilities, kind="stable")
        self._probabilities = probabilities[order]
        self._columns = {name: [columns[name][row] for row in order] for name in inputs}
        self._masks = self._forest.masks(self._encoder.encode(self._columns))

    def check(self) -> None:
        """Check that the leaves, which explain, give the same probabilities as the engine, which scores.

        Raises:
            BrokenBundle: the probabilities differ by more than the tolerance.
        """
        difference = np.abs(self._forest.probabilities(self._masks) - self._probabilities).max()
        if not difference <= TOLERANCE:
            raise BrokenBundle(
                f"the model's leaves and its scores differ by {difference:.2g}; "
                f"at most {TOLERANCE:.0e} is allowed"
            )

    def reasons(self, application: Application, score: Score, policy: Policy) -> tuple[Reason, ...]:
        """At most four reasons, the most important first; an approval has no reasons."""
        by_score = policy.outcomes[policy.risk_level(score.probability_good)]
        if rules := _decisive_rules(policy, application, by_score):
            return tuple(_reason_by_rule(rule, application) for rule in rules[:MOST_REASONS])
        if by_score is Outcome.APPROVE:
            return _reasons_outside_training(application, score)
        group = self.group(policy.low_risk_from)
        effects = self.contributions(application, policy.low_risk_from)
        names = [
            name
            for name in sorted(effects, key=effects.__getitem__)
            if effects[name] < -TOLERANCE and name not in PROTECTED
        ]
        return tuple(
            _reason_by_model(name, application.answers[name], self._columns[name][group])
            for name in names[:MOST_REASONS]
        )

    def contributions(self, application: Application, cut_off: float) -> dict[str, float]:
        """Each feature's Shapley value: what it adds to the probability of good credit.

        The values add up to the application's probability minus the mean of the reference group.
        """
        [own] = self._forest.masks(self._encoder.encode(columns_of([application])))
        effects = self._forest.contributions(own, self._masks[self.group(cut_off)])
        return dict(zip(self._names, effects.tolist(), strict=True))

    def group(self, cut_off: float) -> slice:
        """The reference group: positions in the hold-out sorted by probability of good credit.

        They are the rows at or just above the cut-off; if too few reach it, the rows that score best.
        """
        first = int(np.searchsorted(self._probabilities, cut_off))
        last = max(0, len(self._probabilities) - GROUP)
        return slice(min(first, last), min(first, last) + GROUP)


def verify_explainer(bundle: Bundle, scorer: Scorer) -> Explainer:
    """Make the explainer of a bundle, and check that it explains the scores that the scorer gives.

    Raises:
        BrokenBundle: the leaves or the hold-out cannot be used, or give other probabilities.
    """
    try:
        explainer = Explainer(bundle, scorer)
    except (ValueError, EOFError, KeyError, IndexError, BadTable) as error:
        raise BrokenBundle(
            "the served bundle cannot be explained: its leaves or its hold-out cannot be read"
        ) from error
    explainer.check()
    return explainer


def _read_hold_out(text: str) -> Columns:
    """The hold-out's answers; its last column, the outcome, is not needed."""
    lines = text.splitlines()
    target = lines[0].rpartition(",")[2]
    return columns_of([Application(row) for _, row in read_csv(lines, [target])])


def _reason_by_model(name: str, answer: Answer, group: Sequence[Any]) -> Reason:
    template = marked("%(label)s: %(answer)s")
    feature = BY_NAME[name]
    if isinstance(feature, Numeric) and feature.is_quantity:
        middle: Any = median(group)
        if answer > middle:
            template = marked(
                "%(label)s: %(answer)s, more than is usual among approved applications"
            )
        elif answer < middle:
            template = marked(
                "%(label)s: %(answer)s, less than is usual among approved applications"
            )
    return _reason(name, answer, template, Source.MODEL)


def _decisive_rules(policy: Policy, application: Application, by_score: Outcome) -> list[Rule]:
    """The rules that decided, if they made the decision worse than the score did."""
    met = policy.rules_met(application.answers)
    worst = max((SEVERITY[rule.outcome] for rule in met), default=0)
    return [rule for rule in met if SEVERITY[by_score] < SEVERITY[rule.outcome] == worst]


def _reason_by_rule(rule: Rule, application: Application) -> Reason:
    answer = application.answers[rule.feature]
    meaning = BY_NAME[rule.feature].meaning(answer)
    return Reason(
        rule.feature, answer, meaning, Phrase("%(text)s", {"text": rule.text}), Source.RULE
    )


def _reasons_outside_training(application: Application, score: Score) -> tuple[Reason, ...]:
    template = marked("%(label)s: %(answer)s, an answer that no earlier application had")
    return tuple(
        _reason(name, application.answers[name], template, Source.OUTSIDE_TRAINING)
        for name in score.outside_training
        if name not in PROTECTED
    )[:MOST_REASONS]


def _reason(name: str, answer: Answer, template: str, source: Source) -> Reason:
    meaning = BY_NAME[name].meaning(answer)
    words = {"label": BY_NAME[name].label, "answer": BY_NAME[name].in_words(answer)}
    return Reason(name, answer, meaning, Phrase(template, words), source)
