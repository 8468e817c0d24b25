"""The limits of a measure: what chance alone exceeds as rarely as promised.

Chance is simulated: recent and reference cases are both drawn from the shares of the reference population,
as many as there are (a parametric bootstrap). The promise is about one look at all indices together; it is
divided by the number of indices (Bonferroni), so that the indices may depend on each other.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from creditapp.drift.measures import Measure, measure, smoothed

FEWEST_DRAWS = 10_000
DRAWS_BEYOND = 2
"""At least so many draws lie beyond a limit."""

SEED = 6


@dataclass(frozen=True)
class Promise:
    """What one state means: the usual limits, and how often chance alone may lead to it.

    `score` and `answers` are the allowed probabilities, in one look without drift, that the KS of the score
    is over its limit, and that any PSI is. The sum is the promise.
    """

    usual: dict[Measure, float]
    score: float
    answers: float

    @property
    def false_alarms(self) -> float:
        """The allowed probability of any false alarm in one look."""
        return self.score + self.answers

    def rate(self, which: Measure, indices: int) -> float:
        """The allowed probability for one index, where so many have a PSI."""
        return self.score if which is Measure.KS else self.answers / indices


# why: the score gets most of what is allowed: a small shift of several answers shows there alone.
WATCH = Promise({Measure.PSI: 0.1, Measure.KS: 0.05}, score=0.045, answers=0.005)
SHIFTED = Promise({Measure.PSI: 0.25, Measure.KS: 0.1}, score=0.005, answers=0.005)


def limit(
    which: Measure, promise: Promise, cases: int, reference: tuple[int, ...], indices: int
) -> float:
    """The larger of the usual limit and the one by chance, for so many cases and indices."""
    # why: with few cases chance exceeds the usual limits; with many cases shifts that do
    # not matter would exceed the other one.
    by_chance = _by_chance(which, promise.rate(which, indices), rounded(cases), reference)
    return max(promise.usual[which], by_chance)


def rounded(cases: int) -> int:
    """The number of cases with two digits, rounded down: fewer cases have a higher limit."""
    last = max(len(str(cases)) - 2, 0)
    return max(int(cases // 10**last * 10**last), 1)


@lru_cache(maxsize=10_000)
def _by_chance(which: Measure, rate: float, cases: int, reference: tuple[int, ...]) -> float:
    draws = max(FEWEST_DRAWS, math.ceil(DRAWS_BEYOND / rate))
    shares = smoothed(np.array(reference, dtype=float))
    generator = np.random.default_rng(SEED)
    live = generator.multinomial(cases, shares, size=draws)
    known = generator.multinomial(sum(reference), shares, size=draws)
    values = np.sort(measure(which, live, known))
    # why: a new value is over the k-th largest of the others with probability k / (draws + 1).
    return float(values[-int(rate * (draws + 1))])
