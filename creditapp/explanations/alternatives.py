"""What would change a decision: the smallest changes that an applicant could make and that reach an approval.

A statement about one model and one policy, never a promise.
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
"""Amounts are tried in so many equal steps down from the one asked for."""

STEPS_IN_PAIRS = 10
"""Where two answers change, at most so many values of each are tried."""

A_CODE = 0.5
"""How much another code counts beside the part by which a number is smaller."""

ROUND = ((10_000, 500), (1_000, 100), (100, 10), (0, 1))
"""From an amount on, to what a smaller one is rounded down."""


class Change(NamedTuple):
    """One answer that would be another."""

    feature: str
    old: Answer
    new: Answer

    @property
    def size(self) -> float:
        """The part by which a number is smaller; for a code, what counts as much."""
        if isinstance(self.old, str) or isinstance(self.new, str):
            return A_CODE
        return (self.old - self.new) / self.old


@dataclass(frozen=True)
class Alternative:
    """Other answers, the score that they would have, and the decision that it would lead to."""

    changes: tuple[Change, ...]
    probability_good_credit: float
    risk_level: str
    decision: str

    @property
    def size(self) -> float:
        """All changes together."""
        return sum(change.size for change in self.changes)

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The alternative as it is answered, in the language of a translation."""
        changes = [translate(_phrase(change), gettext) for change in self.changes]
        template = gettext(marked("With %(changes)s the score would be %(score)s"))
        return {
            "changes": [
                {"feature": one.feature, "from": one.old, "to": one.new} for one in self.changes
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
    """The smallest changes that reach an approval; where none does, the one that comes nearest."""

    approved: tuple[Alternative, ...]
    nearest: Alternative | None


def alternatives(application: Application, scorer: Scorer, policy: Policy) -> Alternatives:
    """Of each set of answers that are enough, the smallest change; all candidates are scored in one call."""
    candidates = list(_candidates(application.answers))
    if not candidates:
        return Alternatives((), None)
    applications = [Application(_changed(application.answers, one)) for one in candidates]
    tried = [
        _alternative(changes, changed.answers, score, policy)
        for changes, changed, score in zip(
            candidates, applications, scorer.score(applications), strict=True
        )
        if not {change.feature for change in changes} & set(score.outside_training)
    ]
    reaching = [one for one in tried if one.decision == Outcome.APPROVE]
    if reaching:
        return Alternatives(tuple(_smallest(reaching))[:MOST_SHOWN], None)
    nearest = max(tried, key=lambda one: (one.probability_good_credit, -one.size), default=None)
    return Alternatives((), nearest)


def _smallest(reaching: Iterable[Alternative]) -> Iterator[Alternative]:
    """One of each set of answers, the smallest; no set where a part of it is enough."""
    enough: list[set[str]] = []
    for one in sorted(reaching, key=lambda one: (len(one.changes), one.size)):
        features = {change.feature for change in one.changes}
        if not any(known <= features for known in enough):
            enough.append(features)
            yield one


def _candidates(answers: Mapping[str, Answer]) -> Iterator[tuple[Change, ...]]:
    """Each answer alone, and each pair of two."""
    changes = [list(_changes(feature, answers[feature.name])) for feature in FEATURES]
    for of_one in changes:
        yield from ((change,) for change in of_one)
    for first, second in combinations(filter(None, changes), 2):
        yield from product(_some(first), _some(second))


def _changes(feature: Feature, answer: Answer) -> Iterator[Change]:
    if isinstance(feature.changeable, tuple):
        for code in feature.changeable:
            if code != answer:
                yield Change(feature.name, answer, code)
    elif feature.changeable and isinstance(feature, Numeric):
        steps = _fewer(int(answer)) if feature.integer else _less(float(answer))
        for number in steps:
            yield Change(feature.name, answer, number)


def _fewer(answer: int) -> Iterable[int]:
    return range(answer - 1, 0, -1)


def _less(answer: float) -> Iterator[float]:
    """Round amounts, each once, from the largest down."""
    steps = (answer * step / STEPS_OF_AN_AMOUNT for step in range(STEPS_OF_AN_AMOUNT - 1, 0, -1))
    rounded = dict.fromkeys(map(_rounded, steps))
    return (amount for amount in rounded if 0 < amount < answer)


def _rounded(amount: float) -> float:
    to = next(step for limit, step in ROUND if amount >= limit)
    return float(amount // to * to)


def _some(changes: Sequence[Change]) -> Sequence[Change]:
    """Evenly spread over all of them, the last included."""
    stride = -(-len(changes) // STEPS_IN_PAIRS)
    return changes[stride - 1 :: stride]


def _changed(answers: Mapping[str, Answer], changes: Sequence[Change]) -> dict[str, Answer]:
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
