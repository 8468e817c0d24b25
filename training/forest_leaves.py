"""Extracts the leaves of a fitted forest, each with the limits on its path."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from creditapp.scoring.encoder import Encoded
from creditapp.scoring.forest import Leaves


def extract_leaves(forest: RandomForestClassifier) -> Leaves:
    """Extract all leaves, each with its share of the forest's probability of good credit."""
    good = list(forest.classes_).index(1)
    leaves = [leaf for tree in forest.estimators_ for leaf in _leaves(tree.tree_, good)]
    values, low, high = zip(*leaves, strict=True)
    return Leaves(np.array(values) / len(forest.estimators_), np.array(low), np.array(high))


def _leaves(tree: Any, good: int) -> Iterator[tuple[float, Encoded, Encoded]]:
    thresholds = _round_down(tree.threshold)
    everything = np.full(tree.n_features, np.inf, dtype=np.float32)
    paths = [(0, -everything, everything)]
    while paths:
        node, low, high = paths.pop()
        if tree.children_left[node] < 0:
            values = tree.value[node, 0]
            yield float(values[good] / values.sum()), low, high
            continue
        column, threshold = tree.feature[node], thresholds[node]
        left_high, right_low = high.copy(), low.copy()
        left_high[column] = min(high[column], threshold)
        right_low[column] = max(low[column], threshold)
        paths.append((tree.children_left[node], low, left_high))
        paths.append((tree.children_right[node], right_low, high))


def _round_down(thresholds: Any) -> Encoded:
    """The thresholds as float32, never above the original.

    The forest compares a float32 answer with a float64 threshold.
    """
    # why: round down to float32 so that comparisons agree. Rounded up, a threshold could let through
    # a float32 answer that lies above the original threshold.
    single = thresholds.astype(np.float32)
    rounded: Encoded = np.where(
        single > thresholds, np.nextafter(single, np.float32(-np.inf)), single
    )
    return rounded
