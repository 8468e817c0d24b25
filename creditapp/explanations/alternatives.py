"""Finds the smallest changes to an application that would lead to an approval.

They describe one model and one policy. They promise nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.questions import Answer, Numeric, Question
from creditapp.phrases import Phrase, marked, translate
from creditapp.policy.definition import Outcome, Policy
from creditapp.scoring.scorer import Score, Scorer

MOST_SHOWN = 4
STEPS_OF_AN_AMOUNT = 20
"""Other amounts are tried in this many equal steps, down to nothing or up to twice the amount."""

MOST_INTEGERS = 120
"""Up to this many integers are all tried; of more, steps like those of an amount."""

STEPS_IN_PAIRS = 10
"""If two answers change, at most this many values of each are tried."""

SIZE_OF_A_CODE = 0.5
"""The size of a change to another code; it counts as much as halving a number."""

ROUNDING = ((10_000, 500), (1_000, 100), (100, 10), (0, 1))
"""Pairs of (amount, step): amounts from the first on are rounded to a multiple of the second."""


class Change(NamedTuple):
    """A change of the answer to one question."""

    question: Question
    old: Answer
    new: Answer

    @property
    def feature(self) -> str:
        """The name of the question."""
        return self.question.name

    @property
    def size(self) -> float:
        """The fraction by which a number changes; `SIZE_OF_A_CODE` for a code."""
        if not isinstance(self.question, Numeric):
            return SIZE_OF_A_CODE
        return float(abs(self.old - self.new) / (abs(self.old) or 1))


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
    catalogue = scorer.catalogue
    candidates = list(_candidates(catalogue, application.answers))
    if not candidates:
        return Alternatives((), None)
    applications = [Application(_apply(changes, application.answers)) for changes in candidates]
    # why: score all candidates in one call, because the engine takes little longer for hundreds than
    # for a few.
    scores = scorer.score(applications)
    evaluated = [
        _alternative(changes, policy, catalogue, changed.answers, score)
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


def _candidates(
    catalogue: Catalogue, answers: Mapping[str, Answer]
) -> Iterator[tuple[Change, ...]]:
    """All changes of one answer, then changes of two answers."""
    changes = [list(_changes(one, answers[one.name])) for one in catalogue.features]
    for changes_of_feature in changes:
        yield from ((change,) for change in changes_of_feature)
    for first, second in combinations(filter(None, changes), 2):
        yield from product(_thin_out(first), _thin_out(second))


def _changes(question: Question, answer: Answer) -> Iterator[Change]:
    if isinstance(question.changeable, tuple):
        for code in question.changeable:
            if code != answer:
                yield Change(question, answer, code)
    elif isinstance(question, Numeric) and question.changeable and not question.is_missing(answer):
        for number in _numbers(question, answer):
            if question.accepts_value(number) and not question.is_missing(number):
                yield Change(question, answer, number)


def _numbers(question: Numeric, answer: float) -> Iterable[float]:
    """Other numbers, the nearest first, without duplicates."""
    smaller = question.changeable == "smaller"
    if question.integer:
        last = int(question.minimum if smaller else question.maximum)
        if abs(int(answer) - last) <= MOST_INTEGERS:
            return (
                range(int(answer) - 1, last - 1, -1)
                if smaller
                else range(int(answer) + 1, last + 1)
            )
    amounts = _amounts_below(float(answer)) if smaller else _amounts_above(float(answer))
    return map(int, amounts) if question.integer else amounts


def _amounts_below(answer: float) -> Iterator[float]:
    """Round amounts below the answer, from the largest to the smallest, without duplicates."""
    steps = (answer * step / STEPS_OF_AN_AMOUNT for step in range(STEPS_OF_AN_AMOUNT - 1, 0, -1))
    rounded = dict.fromkeys(map(_round_down, steps))
    return (amount for amount in rounded if 0 < amount < answer)


def _amounts_above(answer: float) -> Iterator[float]:
    """Round amounts above the answer, from the smallest to the largest, without duplicates."""
    steps = (answer * step / STEPS_OF_AN_AMOUNT for step in range(1, STEPS_OF_AN_AMOUNT + 1))
    rounded = dict.fromkeys(-_round_down(-(answer + step)) for step in steps)
    return (amount for amount in rounded if amount > answer)


def _round_down(amount: float) -> float:
    to = next(step for limit, step in ROUNDING if abs(amount) >= limit)
    return float(amount // to * to)


def _thin_out(changes: Sequence[Change]) -> Sequence[Change]:
    """At most `STEPS_IN_PAIRS` of the changes, evenly spaced."""
    stride = -(-len(changes) // STEPS_IN_PAIRS)
    return changes[stride - 1 :: stride]


def _apply(changes: Sequence[Change], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {**answers, **{change.feature: change.new for change in changes}}


def _alternative(
    changes: tuple[Change, ...],
    policy: Policy,
    catalogue: Catalogue,
    answers: Mapping[str, Answer],
    score: Score,
) -> Alternative:
    risk_level = policy.risk_level(score.probability_good)
    outside = bool(score.outside_training)
    decision = policy.outcome(risk_level, catalogue, answers, outside_training=outside)
    return Alternative(changes, score.probability_good, risk_level.value, decision.value)


def _phrase(change: Change) -> Phrase:
    words = {
        "label": change.question.label,
        "new": change.question.in_words(change.new),
        "old": change.question.in_words(change.old),
    }
    return Phrase(marked("%(label)s: %(new)s instead of %(old)s"), words)
