"""How well scores tell good from bad: area under the ROC curve, Kolmogorov–Smirnov, Brier score."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.intervals import Z_95, Mean

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def roc_auc(good: Floats, is_bad: Flags) -> Mean:
    """The probability that a good one scores above a bad one; a tie counts half.

    The 95 % interval is DeLong's (E. R. DeLong and others, Biometrics 44, 1988). NaN with the interval 0 to 1
    where all are good, or all bad.

    Args:
        good: The predicted probabilities of good, one for each decision.
        is_bad: Which of them turned out bad.
    """
    if is_bad.all() or not is_bad.any():
        return Mean(math.nan, (0.0, 1.0))
    wins, losses = _placements(good, is_bad)
    value = float(wins.mean())
    if min(wins.size, losses.size) < 2:
        return Mean(value, (0.0, 1.0))
    reach = Z_95 * math.sqrt(_variance_of_mean(wins) + _variance_of_mean(losses))
    return Mean(value, (max(0.0, value - reach), min(1.0, value + reach)))


def auc_difference(one: Floats, other: Floats, is_bad: Flags) -> tuple[float, float]:
    """The AUC of one model minus that of another on the same decisions, and its standard error.

    The error is DeLong's for paired areas, from the same article. NaN where all are good, or all bad.

    Args:
        one: The probabilities of good by the first model, one for each decision.
        other: Those by the second model.
        is_bad: Which of the decisions turned out bad.
    """
    if is_bad.all() or not is_bad.any():
        return math.nan, math.nan
    wins, losses = (
        a - b for a, b in zip(_placements(one, is_bad), _placements(other, is_bad), strict=True)
    )
    return float(wins.mean()), math.sqrt(_variance_of_mean(wins) + _variance_of_mean(losses))


def kolmogorov_smirnov(good: Floats, is_bad: Flags) -> float:
    """The largest difference between the shares of bad and of good ones below a score; NaN as above."""
    above, below = np.sort(good[~is_bad]), np.sort(good[is_bad])
    if not (above.size and below.size):
        return math.nan
    scores = np.concatenate([above, below])
    of_bad = np.searchsorted(below, scores, side="right") / below.size
    of_good = np.searchsorted(above, scores, side="right") / above.size
    return float((of_bad - of_good).max())


def brier(good: Floats, is_bad: Flags) -> float:
    """The mean square of what the probability missed by; NaN where there is nothing."""
    return float(((good - ~is_bad) ** 2).mean()) if good.size else math.nan


def _placements(good: Floats, is_bad: Flags) -> tuple[Floats, Floats]:
    """For each good one the share of bad ones that it beats, for each bad one of good ones that beat it."""
    above, below = good[~is_bad], good[is_bad]
    return _share_below(above, below), 1.0 - _share_below(below, above)


def _share_below(values: Floats, others: Floats) -> Floats:
    """For each value the share of the others below it; a tie counts half."""
    ordered: Any = np.sort(others)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    share: Floats = (below + up_to) / (2.0 * others.size)
    return share


def _variance_of_mean(values: Floats) -> float:
    return float(values.var(ddof=1)) / values.size if values.size > 1 else 0.0
