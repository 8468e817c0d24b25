"""The figures of some cases: what was predicted, what is estimated, and what became of them."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from creditapp.intervals import Interval, Proportion
from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Floats
from creditapp.outcomes.standing import Standing
from creditapp.performance import estimates
from creditapp.performance.cases import Cases
from creditapp.simulation.costs import Costs, Treatment, profit_of_each

BANDS = 10


class Band(NamedTuple):
    """Cases with probabilities of bad from `low` to `high`: the predicted share of bad, and the real one."""

    low: float
    high: float
    predicted: float
    bad: int
    cases: int

    @property
    def realised(self) -> Proportion:
        """The share that turned out bad."""
        return Proportion(self.bad, self.cases)

    @property
    def is_off(self) -> bool:
        """Whether the prediction lies outside the 95 % interval of what was realised."""
        return _is_outside(self.predicted, self.realised)


class Figures(NamedTuple):
    """Numbers by standing; of mature cases the measures; of all that were taken up the estimates.

    Rates are those of bad credit. Profits are sums in the unit of the amount. NaN where nothing is known.
    """

    good: int
    bad: int
    not_mature: int
    not_taken_up: int
    predicted: float
    auc: float
    auc_low: float
    auc_high: float
    ks: float
    brier: float
    estimated_bad: float
    estimated_auc: float
    estimated_auc_error: float
    expected_profit: float
    realised_profit: float
    valued: int

    @property
    def mature(self) -> int:
        """The number of cases that are measured."""
        return self.good + self.bad

    @property
    def realised(self) -> Proportion:
        """The share that turned out bad."""
        return Proportion(self.bad, self.mature)

    @property
    def is_off(self) -> bool:
        """Whether the predicted share of bad lies outside the 95 % interval of the real one."""
        return self.mature > 0 and _is_outside(self.predicted, self.realised)

    @property
    def estimated_auc_interval(self) -> Interval:
        """The 95 % interval of the estimated area under the ROC curve."""
        return estimates.Estimate(self.estimated_auc, self.estimated_auc_error).interval

    @property
    def missed_by(self) -> float:
        """How far the estimated area was off; NaN until all cases are mature."""
        return self.auc - self.estimated_auc if self.mature and not self.not_mature else math.nan


def measure(cases: Cases, corrected: Floats, costs: Costs) -> Figures:
    """The figures of some cases.

    Args:
        cases: The cases.
        corrected: Their probabilities of good credit, corrected by the hold-out of their model.
        costs: What is assumed about the margin of a good credit and the loss of a bad one.
    """
    mature = cases.where(cases.is_mature)
    auc = discrimination.roc_auc(mature.good, mature.is_bad)
    known = cases.is_taken_up & ~np.isnan(corrected)
    area = estimates.expected_auc(cases.good[known], corrected[known])
    expected, realised, valued = _profits(mature, costs)
    return Figures(
        good=cases.count(Standing.GOOD),
        bad=cases.count(Standing.BAD),
        not_mature=cases.count(Standing.NOT_MATURE),
        not_taken_up=cases.count(Standing.NOT_TAKEN_UP),
        predicted=float(1 - mature.good.mean()) if len(mature) else math.nan,
        auc=auc.value,
        auc_low=auc.interval[0],
        auc_high=auc.interval[1],
        ks=discrimination.kolmogorov_smirnov(mature.good, mature.is_bad),
        brier=discrimination.brier(mature.good, mature.is_bad),
        estimated_bad=estimates.expected_bad(corrected[known]).value,
        estimated_auc=area.value,
        estimated_auc_error=area.error,
        expected_profit=expected,
        realised_profit=realised,
        valued=valued,
    )


def bands(cases: Cases) -> Iterator[Band]:
    """The mature cases in tenths by their predicted probability of bad, lowest first; equal ones together."""
    mature = cases.where(cases.is_mature)
    bad = 1 - mature.good
    edges = np.unique(np.quantile(bad, np.linspace(0, 1, BANDS + 1))) if bad.size else np.array([])
    places = np.searchsorted(edges[1:-1], bad, side="right")
    for place in np.unique(places):
        inside = places == place
        here = bad[inside]
        yield Band(
            float(here.min()),
            float(here.max()),
            float(here.mean()),
            int(mature.is_bad[inside].sum()),
            int(inside.sum()),
        )


def _profits(mature: Cases, costs: Costs) -> tuple[float, float, int]:
    """The expected and the realised profit, and of how many cases whose amount is known."""
    known = ~np.isnan(mature.amount)
    if not known.any():
        return math.nan, math.nan, 0
    good, amount, is_bad = mature.good[known], mature.amount[known], mature.is_bad[known]
    granted = Treatment(np.ones(good.size), np.zeros(good.size))
    if_good, if_bad = (
        profit_of_each(granted, np.full(good.size, outcome), amount, costs)
        for outcome in (True, False)
    )
    expected = good * if_good + (1 - good) * if_bad
    realised = np.where(is_bad, if_bad, if_good)
    return float(expected.sum()), float(realised.sum()), int(known.sum())


def _is_outside(predicted: float, realised: Proportion) -> bool:
    low, high = realised.interval
    return not low <= predicted <= high
