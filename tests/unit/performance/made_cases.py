"""Cases with known truth, for tests."""

import numpy as np

from creditapp.outcomes.discrimination import Floats
from creditapp.outcomes.standing import Standing
from creditapp.performance.cases import STANDINGS, Cases

GOOD, BAD, WAITING = (
    STANDINGS.index(one) for one in (Standing.GOOD, Standing.BAD, Standing.NOT_MATURE)
)


def made_cases(good: Floats, truth: Floats, seed: int = 3, *, waiting: int = 0) -> Cases:
    """Mature cases that turn out as `truth` says; the last `waiting` ones are not mature."""
    numbers = np.random.default_rng(seed)
    standing = np.where(numbers.random(good.size) < truth, GOOD, BAD).astype(np.int32)
    standing[good.size - waiting :] = WAITING
    ones = np.ones(good.size, np.int32)
    return Cases(good, standing, ones, ones, np.full(good.size, np.nan))


def drawn(size: int, seed: int = 5) -> Floats:
    """Probabilities of good credit, most of them high."""
    return np.random.default_rng(seed).beta(6, 2, size)


def with_odds(good: Floats, factor: float) -> Floats:
    """Probabilities whose odds of bad are so many times as high."""
    odds = factor * (1 - good) / good
    return np.asarray(1 / (1 + odds), np.float64)
