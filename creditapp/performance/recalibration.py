"""Corrects probabilities so that they agree with a model's hold-out (J. Platt, 1999).

The corrected log-odds are a straight line of the log-odds. Two numbers are fitted, so a small hold-out is
enough, and the order of the scores stays.
"""

from dataclasses import dataclass

import numpy as np

from creditapp.outcomes.discrimination import Flags, Floats

NEARLY_CERTAIN = 1e-6
STEPS, CLOSE_ENOUGH = 50, 1e-9
SMALLEST_PENALTY = 1e-6


@dataclass(frozen=True)
class Recalibration:
    """The intercept and the slope of the corrected log-odds."""

    intercept: float
    slope: float

    def correct(self, good: Floats) -> Floats:
        """The corrected probabilities; same shape."""
        return _sigmoid(self.intercept + self.slope * _log_odds(good))


def fit(good: Floats, is_good: Flags) -> Recalibration:
    """Fit the two numbers by maximum likelihood, with Newton's steps.

    Args:
        good: The model's probabilities of good credit.
        is_good: Which turned out good; both kinds must occur.
    """
    columns = np.column_stack([np.ones(good.size), _log_odds(good)])
    # why: a hold-out that a cut-off separates perfectly has no finite solution; Platt's targets prevent that.
    number_good = int(is_good.sum())
    high = (number_good + 1) / (number_good + 2)
    target = np.where(is_good, high, 1 / (good.size - number_good + 2))
    numbers = np.zeros(2)
    for _ in range(STEPS):
        fitted = _sigmoid(columns @ numbers)
        weight = (columns * (fitted * (1 - fitted))[:, None]).T @ columns
        step = np.linalg.solve(weight + SMALLEST_PENALTY * np.eye(2), columns.T @ (target - fitted))
        numbers = numbers + step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return Recalibration(float(numbers[0]), float(numbers[1]))


def _log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, NEARLY_CERTAIN, 1 - NEARLY_CERTAIN)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


def _sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float64)
