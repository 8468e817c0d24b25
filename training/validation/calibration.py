"""Measures how well predicted probabilities agree with what happened.

Slope and intercept are those of D. R. Cox (Biometrika 45, 1958); how to read them is described by B. Van
Calster et al. (Journal of Clinical Epidemiology 74, 2016).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from creditapp.intervals import Proportion
from creditapp.policy.points import NEARLY_CERTAIN
from training.folds import Numbers

BINS = 10
FURTHEST = 30.0
"""The intercept is looked for between minus and plus this, in log-odds."""


@dataclass(frozen=True)
class Bin:
    """Applicants with similar scores: the mean probability of good credit, and the share that was good."""

    predicted: float
    observed: float
    low: float
    high: float
    count: int


def slope(target: Any, good: Numbers) -> float:
    """The slope of a logistic regression of the outcome on the log-odds; NaN if all scores are equal.

    1 is right, more is a model that is not confident enough, less is one that is too confident.
    """
    log_odds = _log_odds(good).reshape(-1, 1)
    if np.ptp(log_odds) == 0:
        return float("nan")
    # why: with one column, Newton's steps are exact, and three times as fast as the default on many rows.
    unpenalised = LogisticRegression(C=np.inf, max_iter=1000, solver="newton-cholesky")
    return float(unpenalised.fit(log_odds, target).coef_[0, 0])


def intercept(target: Any, good: Numbers) -> float:
    """What must be added to all log-odds so that their mean probability is the observed rate.

    0 is right; above 0 the model sees too little good credit.
    """
    log_odds, rate = _log_odds(good), float(np.mean(target))
    if rate in (0.0, 1.0):
        return float("nan")
    found = brentq(lambda shift: float(expit(log_odds + shift).mean()) - rate, -FURTHEST, FURTHEST)
    return float(found)


def expected_error(target: Any, good: Numbers) -> float:
    """The expected calibration error: the mean distance of observed from predicted over ten equal bins."""
    distances = [abs(one.observed - one.predicted) * one.count for one in curve(target, good)]
    return sum(distances) / len(good)


def curve(target: Any, good: Numbers) -> list[Bin]:
    """The calibration curve: ten bins with equal numbers of applicants, by score."""
    order = np.argsort(good, kind="stable")
    outcomes = np.asarray(target)
    return [
        _bin(good[places], outcomes[places])
        for places in np.array_split(order, min(BINS, len(order)))
    ]


def _bin(good: Numbers, target: Any) -> Bin:
    observed = Proportion(int(target.sum()), len(target))
    return Bin(float(good.mean()), observed.value, *observed.interval, len(target))


def _log_odds(good: Numbers) -> Numbers:
    odds: Numbers = logit(good.clip(NEARLY_CERTAIN, 1 - NEARLY_CERTAIN))
    return odds
