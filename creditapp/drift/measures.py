"""Two measures of how far two distributions over the same bins are apart.

Each takes the numbers of recent and of reference cases by bin, with the bins along the last axis.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


class Measure(StrEnum):
    """What is compared with a limit."""

    PSI = "PSI"
    KS = "KS"


def measure(which: Measure, live: npt.ArrayLike, reference: npt.ArrayLike) -> Numbers:
    """The measure of two histograms, or of many pairs of them: the shape is that of the other axes."""
    chosen = stability_index if which is Measure.PSI else largest_difference
    values = chosen(np.asarray(live, dtype=float), np.asarray(reference, dtype=float))
    # why: equal differences of shares must not differ in their last digits, as ties are common.
    return values.round(12)


def stability_index(live: Numbers, reference: Numbers) -> Numbers:
    """The population stability index: the sum over the bins of (p - q) ln(p / q)."""
    # why: half a case more in each bin keeps the logarithm finite for an empty bin.
    p, q = smoothed(live), smoothed(reference)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def largest_difference(live: Numbers, reference: Numbers) -> Numbers:
    """The Kolmogorov-Smirnov statistic: the largest difference of the shares below a limit of a bin."""
    return np.asarray(np.abs(_shares_below(live) - _shares_below(reference)).max(axis=-1))


def smoothed(numbers: Numbers) -> Numbers:
    """The shares of the bins, with half a case more in each."""
    more = numbers + 0.5
    shares: Numbers = more / more.sum(axis=-1, keepdims=True)
    return shares


def _shares_below(numbers: Numbers) -> Numbers:
    # why: without any case every share is 0.
    cases = numbers.sum(axis=-1, keepdims=True).clip(1)
    below: Numbers = numbers.cumsum(axis=-1) / cases
    return below
