"""What scores are worth before any outcome is known, estimated from calibrated probabilities.

If the probabilities are right, each case is good with its own probability, and the expected measures follow
from the probabilities alone (confidence-based performance estimation). The estimate sees that applicants
have changed. It cannot see that applicants with the same answers repay otherwise than before: only outcomes
show that.
"""

import math
from typing import NamedTuple

import numpy as np

from creditapp.intervals import Z_95, Interval, Mean
from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.performance import recalibration
from creditapp.performance.recalibration import Recalibration

CLOSE_ENOUGH = 0.01
"""An area that is missed by no more than this is right for all that it is used for."""


class Estimate(NamedTuple):
    """An estimated measure, and its standard error by the number of cases alone."""

    value: float
    error: float

    @property
    def interval(self) -> Interval:
        """Its 95 % interval."""
        reach = Z_95 * self.error
        return max(0.0, self.value - reach), min(1.0, self.value + reach)


NOTHING = Estimate(math.nan, math.nan)


class Check(NamedTuple):
    """What is estimated of a hold-out that its probabilities were not corrected with, and what is true."""

    estimated_auc: float
    auc: Mean
    estimated_bad: float
    bad: float
    cases: int

    @property
    def missed_by(self) -> float:
        """How much larger the true area is than the estimated one."""
        return self.auc.value - self.estimated_auc

    @property
    def holds(self) -> bool:
        """Whether the estimated area lies in the 95 % interval of the true one, or close to the true one."""
        low, high = self.auc.interval
        return low <= self.estimated_auc <= high or abs(self.missed_by) <= CLOSE_ENOUGH


def expected_bad(good: Floats) -> Estimate:
    """The share of bad to expect among cases with these probabilities of good credit."""
    if not good.size:
        return NOTHING
    return Estimate(float(1 - good.mean()), float(good.std()) / math.sqrt(good.size))


def expected_auc(score: Floats, good: Floats) -> Estimate:
    """The area under the ROC curve to expect.

    It is the share of won pairs among all pairs of a good and a bad case, where each case is good with its
    probability. The standard error is that of the first-order (Hájek) projection of both sums.

    Args:
        score: What the cases are ordered by; a tie counts half.
        good: The probability that each is good.
    """
    if good.size < 2:
        return NOTHING
    bad = 1 - good
    won = good * _sum_below(score, bad) / good.size
    lost = bad * (good.sum() - _sum_below(score, good)) / good.size
    pairs = float(good.mean() * bad.mean())
    if pairs == 0:
        return NOTHING
    value = float(won.mean()) / pairs
    of_case = won + lost - value * (good * bad.mean() + bad * good.mean())
    return Estimate(value, float(of_case.std()) / pairs / math.sqrt(good.size))


def check(good: Floats, is_good: Flags) -> Check | None:
    """Try the estimate on a hold-out: each half is estimated with what was fitted to the other half.

    None if a half has not both kinds.
    """
    halves = np.arange(good.size) % 2 == 0
    corrected = np.empty(good.size)
    for half in (halves, ~halves):
        if len(set(is_good[half])) < 2:
            return None
        corrected[~half] = recalibration.fit(good[half], is_good[half]).correct(good[~half])
    return Check(
        expected_auc(good, corrected).value,
        discrimination.roc_auc(good, ~is_good),
        expected_bad(corrected).value,
        float(1 - is_good.mean()),
        int(good.size),
    )


class Reference(NamedTuple):
    """What a model's hold-out says: how to correct its probabilities, and what is estimated there."""

    recalibration: Recalibration
    auc: Estimate
    check: Check | None


def reference(good: Floats, is_good: Flags) -> Reference | None:
    """Learn from a hold-out; None if it has only one kind.

    Args:
        good: The model's probabilities of good credit of rows that it was not fitted on.
        is_good: Which of the rows turned out good.
    """
    if len(set(is_good)) < 2:
        return None
    fitted = recalibration.fit(good, is_good)
    return Reference(fitted, expected_auc(good, fitted.correct(good)), check(good, is_good))


def _sum_below(score: Floats, weights: Floats) -> Floats:
    """For each case the sum of the weights of cases with lower scores; those with the same count half."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = sums[np.searchsorted(ordered, score, side="left")]
    up_to = sums[np.searchsorted(ordered, score, side="right")]
    return np.asarray((below + up_to) / 2, np.float64)
