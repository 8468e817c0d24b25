"""Principal reasons: which answers set an application back against those that were just approved.

The reference group is, as the commentary to 12 CFR 1002.9 (Regulation B) describes, applicants at or
just above the cut-off: held-out rows of the bundle, so that the model was not fitted on them.
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
"""How many rows are compared with: enough for typical answers, few enough to lie near the cut-off."""

MOST_REASONS = 4


class Source(StrEnum):
    """Where a reason comes from."""

    MODEL = "model"
    RULE = "rule"
    OUTSIDE_TRAINING = "outside training data"
    PERSON = "person"


@dataclass(frozen=True)
class Reason:
    """One principal reason; its words are translated by whoever shows it."""

    feature: str
    value: Answer
    meaning: str
    text: Phrase
    source: Source

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The reason as it is answered, in the language of a translation."""
        return {
            "feature": self.feature,
            "value": self.value,
            "meaning": translate(self.meaning, gettext),
            "text": translate(self.text, gettext),
            "source": self.source.value,
        }


class Explainer:
    """A bundle's forest and its held-out rows, made ready once; safe to share between threads."""

    def __init__(self, bundle: Bundle, scorer: Scorer) -> None:
        inputs = bundle.metadata.inputs
        self._names = list(inputs)
        self._encoder = Encoder.of(inputs)
        self._forest = Forest(Leaves.unpack(bundle.leaves), inputs)
        columns = _held_out(bundle.holdout)
        probabilities = scorer.probabilities(columns)
        order = np.argsort(probabilities, kind="stable")
        self._probabilities = probabilities[order]
        self._columns = {name: [columns[name][row] for row in order] for name in inputs}
        self._masks = self._forest.masks(self._encoder.encode(self._columns))

    def check(self) -> None:
        """Make sure that what is explained is what scores.

        Raises:
            BrokenBundle: the leaves give other probabilities than the engine.
        """
        difference = np.abs(self._forest.probabilities(self._masks) - self._probabilities).max()
        if not difference <= TOLERANCE:
            raise BrokenBundle(f"the model's leaves are off its scores by {difference:.2g}")

    def reasons(self, application: Application, score: Score, policy: Policy) -> tuple[Reason, ...]:
        """At most four reasons, the most important first; none for an approval."""
        by_score = policy.outcomes[policy.risk_level(score.probability_good)]
        if rules := _made_worse(policy, application, by_score):
            return tuple(_by_rule(rule, application) for rule in rules[:MOST_REASONS])
        if by_score is Outcome.APPROVE:
            return _outside(application, score)
        group = self.group(policy.low_risk_from)
        effects = self.contributions(application, policy.low_risk_from)
        named = [
            name for name in sorted(effects, key=effects.__getitem__) if _sets_back(name, effects)
        ]
        return tuple(
            _by_model(name, application.answers[name], self._columns[name][group])
            for name in named[:MOST_REASONS]
        )

    def contributions(self, application: Application, cut_off: float) -> dict[str, float]:
        """What each feature adds to the probability of good credit beside the group's mean."""
        [own] = self._forest.masks(self._encoder.encode(columns_of([application])))
        effects = self._forest.contributions(own, self._masks[self.group(cut_off)])
        return dict(zip(self._names, effects.tolist(), strict=True))

    def group(self, cut_off: float) -> slice:
        """The rows at or just above a cut-off; the best ones where too few reach it."""
        first = int(np.searchsorted(self._probabilities, cut_off))
        last = max(0, len(self._probabilities) - GROUP)
        return slice(min(first, last), min(first, last) + GROUP)

    def group_columns(self, cut_off: float) -> Columns:
        """The answers of the group."""
        return {name: answers[self.group(cut_off)] for name, answers in self._columns.items()}


def checked_explainer(bundle: Bundle, scorer: Scorer) -> Explainer:
    """An explainer that is proved to explain what scores.

    Raises:
        BrokenBundle: the leaves or the held-out rows cannot be used, or give other probabilities.
    """
    try:
        explainer = Explainer(bundle, scorer)
    except (ValueError, EOFError, KeyError, IndexError, BadTable) as error:
        raise BrokenBundle("the served bundle cannot be explained") from error
    explainer.check()
    return explainer


def _held_out(text: str) -> Columns:
    """The held-out rows; their last column is what became of the credit."""
    lines = text.splitlines()
    target = lines[0].rpartition(",")[2]
    return columns_of([Application(row) for _, row in read_csv(lines, [target])])


def _sets_back(name: str, effects: dict[str, float]) -> bool:
    return effects[name] < -TOLERANCE and name not in PROTECTED


def _by_model(name: str, answer: Answer, group: Sequence[Any]) -> Reason:
    template = marked("%(label)s: %(answer)s")
    question = BY_NAME[name]
    if isinstance(question, Numeric) and question.is_quantity:
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


def _made_worse(policy: Policy, application: Application, by_score: Outcome) -> list[Rule]:
    """The rules that made the decision what it is, where the score alone gave a better one."""
    met = policy.rules_met(application.answers)
    worst = max((SEVERITY[rule.outcome] for rule in met), default=0)
    return [rule for rule in met if SEVERITY[by_score] < SEVERITY[rule.outcome] == worst]


def _by_rule(rule: Rule, application: Application) -> Reason:
    answer = application.answers[rule.feature]
    meaning = BY_NAME[rule.feature].meaning(answer)
    return Reason(
        rule.feature, answer, meaning, Phrase("%(text)s", {"text": rule.text}), Source.RULE
    )


def _outside(application: Application, score: Score) -> tuple[Reason, ...]:
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
