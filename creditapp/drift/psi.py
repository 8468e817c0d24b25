"""The indices of drift: how the scored population differs from the training population.

The population stability index (PSI) of each answer and of the score; its usual limits are 0.1 and 0.25. For
the score also the Kolmogorov-Smirnov statistic (KS): it follows the order of the bins, and so sees a small
shift of all scores that the PSI does not tell from chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from creditapp.drift.limits import SHIFTED, WATCH, limit
from creditapp.drift.measures import Measure, measure
from creditapp.drift.tally import Counts, Tally
from creditapp.phrases import marked

FEWEST_CASES = 50

SCORE = "score"


class State(StrEnum):
    """The result of an index."""

    TOO_FEW = marked("not enough cases yet")
    STABLE = marked("stable")
    WATCH = marked("watch")
    SHIFTED = marked("shifted")


@dataclass(frozen=True)
class Drift:
    """An index of an answer or of the score, with the number of cases and its two limits."""

    name: str
    measure: Measure
    cases: int
    index: float
    watch_over: float
    shifted_over: float

    @property
    def state(self) -> State:
        """The state by the limits; `TOO_FEW` below `FEWEST_CASES` cases."""
        if self.cases < FEWEST_CASES:
            return State.TOO_FEW
        if self.index > self.shifted_over:
            return State.SHIFTED
        return State.WATCH if self.index > self.watch_over else State.STABLE


def compare(live: Tally, reference: Tally) -> list[Drift]:
    """Compare recent cases with the training population, over the same bins.

    The result has the KS and the PSI of the score first, then the PSI of each answer.
    """
    return list(_compare(live, reference))


def _compare(live: Tally, reference: Tally) -> Iterator[Drift]:
    indices = len(reference.answers) + 1
    for which in (Measure.KS, Measure.PSI):
        yield _drift(SCORE, which, live.score, reference.score, indices)
    for name, counts in reference.answers.items():
        yield _drift(name, Measure.PSI, live.answers[name], counts, indices)


def _drift(name: str, which: Measure, live: Counts, reference: Counts, indices: int) -> Drift:
    cases, known = sum(live), tuple(reference)
    return Drift(
        name=name,
        measure=which,
        cases=cases,
        index=float(measure(which, live, reference)),
        watch_over=limit(which, WATCH, cases, known, indices),
        shifted_over=limit(which, SHIFTED, cases, known, indices),
    )
