"""Finds the smallest changes to an application that would lead to an approval.

They describe one model and one policy. They promise nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

from creditapp.applications.catalogue import (
    BY_NAME,
    FEATURES,
    Answer,
    Application,
    Feature,
    Numeric,
)
from creditapp.phrases import Phrase, marked, translate
from creditapp.policy.definition import Outcome, Policy
from creditapp.scoring.scorer import Score, Scorer

MOST_SHOWN = 4
STEPS_OF_AN_AMOUNT = 20
"""Smaller amounts are tried in this many equal steps below the requested amount."""

STEPS_IN_PAIRS = 10
"""If two answers change, at most this many values of each are tried."""

SIZE_OF_A_CODE = 0.5
"""The size of a change to another code; it counts as much as halving a number."""

ROUNDING = ((10_000, 500), (1_000, 100), (100, 10), (0, 1))
"""Pairs of (amount, step): amounts from the first on are rounded down to a multiple of the second."""


class Change(NamedTuple):
    """A change of one answer."""

    feature: str
    old: Answer
    new: Answer

    @property
    def size(self) -> float:
        """The fraction by which a number decreases; `SIZE_OF_A_CODE` for a code."""
        if isinstance(self.old, str) or isinstance(self.new, str):
            return SIZE_OF_A_CODE
        return (self.old - self.new) / self.old


@dataclass(frozen=True)
class Alternative:
    """Changes to an application, and the score and the decision that it would then get."""

    changes: tuple[Change, ...]
    probability_good_credit: float
    risk_level: str
    decision: str

    @property
    def size(self) -> float:
        """The sizes of all changes, added up."""
        return sum(change.size for change in self.changes)

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The alternative as JSON, translated with `gettext`."""
        changes = [translate(_phrase(change), gettext) for change in self.changes]
        template = gettext(marked("With %(changes)s the score would be %(score)s"))
        return {
            "changes": [
                {"feature": change.feature, "from": change.old, "to": change.new}
                for change in self.changes
            ],
            "probability_good_credit": self.probability_good_credit,
            "risk_level": self.risk_level,
            "decision": self.decision,
            "text": template
            % {
                "changes": ", ".join(map(str, changes)),
                "score": f"{self.probability_good_credit:.3f}",
            },
        }


@dataclass(frozen=True)
class Alternatives:
    """The smallest changes that lead to an approval; if no change does, the one with the best score."""

    approved: tuple[Alternative, ...]
    nearest: Alternative | None


def alternatives(application: Application, scorer: Scorer, policy: Policy) -> Alternatives:
    """Find the smallest changes of one or two answers that lead to an approval.

    For each set of features that is enough, there is one alternative: the smallest change.
    """
    candidates = list(_candidates(application.answers))
    if not candidates:
        return Alternatives((), None)
    applications = [Application(_apply(changes, application.answers)) for changes in candidates]
    # why: score all candidates in one call, because the engine takes little longer for hundreds than
    # for a few.
    scores = scorer.score(applications)
    evaluated = [
        _alternative(changes, changed.answers, score, policy)
        for changes, changed, score in zip(candidates, applications, scores, strict=True)
        if not {change.feature for change in changes} & set(score.outside_training)
    ]
    approved = [candidate for candidate in evaluated if candidate.decision == Outcome.APPROVE]
    if approved:
        return Alternatives(tuple(_smallest(approved))[:MOST_SHOWN], None)
    return Alternatives((), max(evaluated, key=_by_score_then_size, default=None))


def _by_score_then_size(alternative: Alternative) -> tuple[float, float]:
    return alternative.probability_good_credit, -alternative.size


def _smallest(approved: Iterable[Alternative]) -> Iterator[Alternative]:
    """The smallest alternative of each set of features, except sets of which a part is enough."""
    enough: list[set[str]] = []
    # why: fewer features come first, so that a feature that is enough by itself rules out its pairs;
    # within a set of features, the smallest change comes first and rules out the larger ones.
    for alternative in sorted(approved, key=lambda each: (len(each.changes), each.size)):
        features = {change.feature for change in alternative.changes}
        if not any(smaller <= features for smaller in enough):
            enough.append(features)
            yield alternative


def _candidates(answers: Mapping[str, Answer]) -> Iterator[tuple[Change, ...]]:
    """All changes of one answer, then changes of two answers."""
    changes = [list(_changes(feature, answers[feature.name])) for feature in FEATURES]
    for changes_of_feature in changes:
        yield from ((change,) for change in changes_of_feature)
    for first, second in combinations(filter(None, changes), 2):
        yield from product(_thin_out(first), _thin_out(second))


def _changes(feature: Feature, answer: Answer) -> Iterator[Change]:
    if isinstance(feature.changeable, tuple):
        for code in feature.changeable:
            if code != answer:
                yield Change(feature.name, answer, code)
    elif feature.changeable and isinstance(feature, Numeric):
        numbers = _integers_below(int(answer)) if feature.integer else _amounts_below(float(answer))
        for number in numbers:
            yield Change(feature.name, answer, number)


def _integers_below(answer: int) -> Iterable[int]:
    return range(answer - 1, 0, -1)


def _amounts_below(answer: float) -> Iterator[float]:
    """Round amounts below the answer, from the largest to the smallest, without duplicates."""
    steps = (answer * step / STEPS_OF_AN_AMOUNT for step in range(STEPS_OF_AN_AMOUNT - 1, 0, -1))
    rounded = dict.fromkeys(map(_round_down, steps))
    return (amount for amount in rounded if 0 < amount < answer)


def _round_down(amount: float) -> float:
    to = next(step for limit, step in ROUNDING if amount >= limit)
    return float(amount // to * to)


def _thin_out(changes: Sequence[Change]) -> Sequence[Change]:
    """At most `STEPS_IN_PAIRS` of the changes, evenly spaced."""
    stride = -(-len(changes) // STEPS_IN_PAIRS)
    return changes[stride - 1 :: stride]


def _apply(changes: Sequence[Change], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {**answers, **{change.feature: change.new for change in changes}}


def _alternative(
    changes: tuple[Change, ...], answers: Mapping[str, Answer], score: Score, policy: Policy
) -> Alternative:
    risk_level = policy.risk_level(score.probability_good)
    outside = bool(score.outside_training)
    decision = policy.outcome(risk_level, answers, outside_training=outside)
    return Alternative(changes, score.probability_good, risk_level.value, decision.value)


def _phrase(change: Change) -> Phrase:
    feature = BY_NAME[change.feature]
    words = {
        "label": feature.label,
        "new": feature.in_words(change.new),
        "old": feature.in_words(change.old),
    }
    return Phrase(marked("%(label)s: %(new)s instead of %(old)s"), words)
