"""The H-measure: how much less a model loses than the best decision without one, over all severities.

The measure is that of D. J. Hand (Machine Learning 77, 2009). The distribution of severities is that of
D. J. Hand and C. Anagnostopoulos (Pattern Recognition Letters 40, 2014): Beta(1 + share of good, 1 + share of
bad).
"""

from typing import Any

import numpy as np
from scipy.spatial import ConvexHull
from scipy.special import betainc
from sklearn.metrics import roc_curve

from training.folds import Numbers


def h_measure(target: Any, good: Numbers) -> float:
    """The H-measure of scores; 0: no better than deciding without a model, 1: perfect."""
    share = float(np.mean(target))
    shape = (1 + share, 2 - share)
    approved_bad, approved_good, _ = roc_curve(target, good)
    # why: a hull without the curve between (0, 0) and (1, 1) is the decision without a model.
    chance = np.array([[0.0, 0.0], [1.0, 1.0]])
    hull = upper_hull(np.column_stack([approved_bad, approved_good]))
    return 1 - _loss(hull, share, shape) / _loss(chance, share, shape)


def upper_hull(points: Numbers) -> Numbers:
    """The upper convex hull of points of a ROC curve, from left to right; shape (points, 2)."""
    # why: with the corner below all points, what is left of their hull is its upper part.
    corner = np.array([[1.0, 0.0]])
    corners = ConvexHull(np.concatenate([corner, points])).vertices
    upper = points[corners[corners > 0] - 1]
    ordered: Numbers = upper[np.lexsort((upper[:, 1], upper[:, 0]))]
    return ordered


def _loss(hull: Numbers, share: float, shape: tuple[float, float]) -> float:
    """The expected loss of the best cut-off for each severity, weighted by its distribution.

    The severity c is the loss of an approved bad credit; 1 - c is that of a declined good one.
    """
    bad_steps, good_steps = np.diff(hull[:, 0]), np.diff(hull[:, 1])
    weighted_bad, weighted_good = (1 - share) * bad_steps, share * good_steps
    # why: along an edge of the hull the next vertex is better for severities below this one.
    limits = np.concatenate([[1.0], weighted_good / (weighted_good + weighted_bad), [0.0]])
    below, mean_below = _moments(limits, shape)
    probabilities, means = -np.diff(below), -np.diff(mean_below)
    approved_bad = (1 - share) * hull[:, 0]
    declined_good = share * (1 - hull[:, 1])
    return float((approved_bad * means + declined_good * (probabilities - means)).sum())


def _moments(limits: Numbers, shape: tuple[float, float]) -> tuple[Numbers, Numbers]:
    """The integrals of the density and of c times the density, from 0 to each limit."""
    first, second = shape
    return (
        betainc(first, second, limits),
        first / (first + second) * betainc(first + 1, second, limits),
    )
