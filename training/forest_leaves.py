"""The leaves of a fitted forest, each with the way that leads to it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from creditapp.scoring.encoder import Encoded
from creditapp.scoring.forest import Leaves


def leaves_of(forest: RandomForestClassifier) -> Leaves:
    """All leaves of a forest with their parts of the probability of good credit."""
    good = list(forest.classes_).index(1)
    found = [leaf for one in forest.estimators_ for leaf in _leaves(one.tree_, good)]
    values, low, high = zip(*found, strict=True)
    return Leaves(np.array(values) / len(forest.estimators_), np.array(low), np.array(high))


def _leaves(tree: Any, good: int) -> Iterator[tuple[float, Encoded, Encoded]]:
    thresholds = _single(tree.threshold)
    everything = np.full(tree.n_features, np.inf, dtype=np.float32)
    ways = [(0, -everything, everything)]
    while ways:
        node, low, high = ways.pop()
        if tree.children_left[node] < 0:
            values = tree.value[node, 0]
            yield float(values[good] / values.sum()), low, high
            continue
        column, threshold = tree.feature[node], thresholds[node]
        left, right = high.copy(), low.copy()
        left[column] = min(high[column], threshold)
        right[column] = max(low[column], threshold)
        ways += [(tree.children_left[node], low, left), (tree.children_right[node], right, high)]


def _single(thresholds: Any) -> Encoded:
    """Thresholds rounded down to single precision: a single number is at most the one or the other alike."""
    single = thresholds.astype(np.float32)
    rounded: Encoded = np.where(
        single > thresholds, np.nextafter(single, np.float32(-np.inf)), single
    )
    return rounded
