"""Proportions and means with their 95 % confidence intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

Z_95 = 1.959963984540054
"""The normal deviate of a two-sided 95 % interval."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Proportion:
    """A proportion: `count` of `total`."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The proportion from 0 to 1; NaN where `total` is 0."""
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> Interval:
        """Wilson's score interval at 95 % (E. B. Wilson, JASA 22, 1927); 0 to 1 where `total` is 0."""
        if not self.total:
            return 0.0, 1.0
        spread = Z_95 * Z_95 / self.total
        centre = self.value + spread / 2
        variance = self.value * (1 - self.value) / self.total
        reach = Z_95 * math.sqrt(variance + spread / (4 * self.total))
        return max(0.0, (centre - reach) / (1 + spread)), min(1.0, (centre + reach) / (1 + spread))


def mean_interval(values: Sequence[float], lowest: float, highest: float) -> Interval:
    """The 95 % interval of the mean by the normal approximation, cut at the limits of a value."""
    if len(values) < 2:
        return lowest, highest
    mean, reach = fmean(values), Z_95 * stdev(values) / math.sqrt(len(values))
    return max(lowest, mean - reach), min(highest, mean + reach)


@dataclass(frozen=True)
class Mean:
    """A mean, and its 95 % interval by the normal approximation."""

    value: float
    interval: Interval

    @property
    def error(self) -> float:
        """The standard error, by the lower end of the interval."""
        return (self.value - self.interval[0]) / Z_95


def mean_with_interval(values: Sequence[float], lowest: float, highest: float) -> Mean:
    """The mean of values with its interval; NaN where there are none."""
    return Mean(fmean(values) if values else math.nan, mean_interval(values, lowest, highest))
