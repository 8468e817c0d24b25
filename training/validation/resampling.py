"""Intervals over applicants, by drawing them again."""

from collections.abc import Callable
from typing import Any

import numpy as np

from training.dataset import SEED
from training.folds import CONFIDENCE, Interval, Numbers

DRAWS = 200


def bootstrap_interval(
    target: Any, good: Numbers, measure: Callable[[Any, Numbers], float]
) -> Interval:
    """A measure of all applicants, and its 95 % percentile interval over 200 draws of as many applicants.

    The last axis of `good` is that of the applicants. Both outcomes must occur. The interval counts which
    applicants came, not which rows the model was fitted on.
    """
    random = np.random.default_rng(SEED)
    drawn = [_draw(target, random) for _ in range(DRAWS)]
    values = [measure(target[places], good[..., places]) for places in drawn]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(measure(target, good), float(low), float(high))


def _draw(target: Any, random: np.random.Generator) -> Any:
    """As many places as there are applicants, with both outcomes among them."""
    while True:
        places = random.integers(0, len(target), len(target))
        if len(np.unique(target[places])) > 1:
            return places
