"""Whether the newest decisions fit what is expected of the served model, with limits for alerts.

A limit is three standard errors away from what is expected, so it follows the number of cases: a model that
is right is outside of one limit in less than one of 300 independent looks.
"""

import math
from typing import NamedTuple

from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.performance import estimates
from creditapp.performance.cases import Cases
from creditapp.performance.estimates import Check, Reference

NEWEST = 5000
FEWEST, FEWEST_OF_A_KIND = 200, 30
"""With fewer cases, or fewer good or bad ones, there are no limits: the errors would be too rough."""

STANDARD_ERRORS = 3.0


class Limited(NamedTuple):
    """A figure of so many cases, and the limits it should be within; NaN where there is none."""

    value: float = math.nan
    lowest: float = math.nan
    highest: float = math.nan
    cases: int = 0

    @property
    def is_outside(self) -> bool:
        """Whether it is outside of a limit."""
        return self.value < self.lowest or self.value > self.highest


class Recent(NamedTuple):
    """The newest decisions of the served model: estimated AUC; of mature ones bad rate and AUC."""

    estimated_auc: Limited = Limited()
    bad_rate: Limited = Limited()
    auc: Limited = Limited()


def look(cases: Cases, corrected: Floats, reference: Reference | None) -> Recent:
    """Compare the newest decisions of one model with what is expected of them.

    Args:
        cases: The model's decisions, oldest first.
        corrected: Their corrected probabilities of good credit.
        reference: What the model's hold-out says.
    """
    mature = cases.is_mature
    newest = cases.where(mature).where(slice(-NEWEST, None))
    return Recent(
        _estimated(cases.good[-NEWEST:], corrected[-NEWEST:], reference),
        _bad_rate(newest),
        _ranking(newest, corrected[mature][-NEWEST:], reference.check if reference else None),
    )


def _estimated(score: Floats, corrected: Floats, reference: Reference | None) -> Limited:
    """The estimated AUC among all applicants, against the estimate of the hold-out."""
    if reference is None or not _is_enough(corrected):
        return Limited(cases=score.size)
    found, expected = estimates.expected_auc(score, corrected), reference.auc
    reach = STANDARD_ERRORS * math.hypot(found.error, expected.error)
    return Limited(found.value, expected.value - reach, math.nan, score.size)


def _bad_rate(newest: Cases) -> Limited:
    """The share of bad, against the share that was predicted."""
    if not _is_enough(newest.good):
        return Limited(cases=len(newest))
    predicted = float(1 - newest.good.mean())
    reach = STANDARD_ERRORS * math.sqrt(predicted * (1 - predicted) / len(newest))
    realised = float(newest.is_bad.mean())
    return Limited(realised, predicted - reach, predicted + reach, len(newest))


def _ranking(newest: Cases, corrected: Floats, check: Check | None) -> Limited:
    """The AUC, against the estimate for the same cases, who are those that were granted.

    What the estimate missed by on the hold-out is added to it.
    """
    if check is None or not _is_enough(newest.good) or not _is_enough(~newest.is_bad):
        return Limited(cases=len(newest))
    found = discrimination.roc_auc(newest.good, newest.is_bad)
    expected = estimates.expected_auc(newest.good, corrected)
    error = math.hypot(found.error, expected.error, check.auc.error)
    lowest = expected.value + check.missed_by - STANDARD_ERRORS * error
    return Limited(found.value, lowest, math.nan, len(newest))


def _is_enough(good: Floats | Flags) -> bool:
    """Whether there are enough cases, and enough good and bad ones among them or to be expected."""
    number_good = float(good.sum())
    return good.size >= FEWEST and min(number_good, good.size - number_good) >= FEWEST_OF_A_KIND
