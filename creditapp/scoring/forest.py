"""Exact Shapley values of the features of a forest, out of its leaves and a few rows to compare with.

A leaf is reached when the answers to all features on its way fit. Of two rows mixed feature by feature,
a leaf's value counts for as long as what only the one row fits (A) is taken from it, and what only the
other fits (B) from the other; the average over all orders of mixing has a closed form in |A| and |B|.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.scoring.encoder import Encoded

Masks = npt.NDArray[np.uint32]
"""For each leaf one bit for each feature: whether a row's answer fits; shape (…, leaves)."""

Numbers = npt.NDArray[np.float64]
MOST_FEATURES = 32

WEIGHTS = np.array(
    [
        [
            factorial(a - 1) * factorial(b) / factorial(a + b) if a else 0.0
            for b in range(MOST_FEATURES + 1)
        ]
        for a in range(MOST_FEATURES + 1)
    ]
)
"""By |A| and |B|: the part of a leaf's value that each feature of A is due."""

BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
"""The eight bits of each byte."""


@dataclass(frozen=True)
class Leaves:
    """A forest's leaves: what each adds to the probability of good credit, and its way.

    A row takes the way when each of its columns is over `low` and at most `high`.
    """

    values: Numbers
    low: Encoded
    high: Encoded

    def pack(self) -> bytes:
        """The leaves as the bytes of one array."""
        width = self.low.shape[1]
        parts = [("value", "<f8"), ("low", "<f4", (width,)), ("high", "<f4", (width,))]
        table = np.empty(len(self.values), dtype=parts)
        table["value"], table["low"], table["high"] = self.values, self.low, self.high
        packed = io.BytesIO()
        np.save(packed, table, allow_pickle=False)
        return packed.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Leaves":
        """The leaves out of their bytes.

        Raises:
            ValueError, EOFError: they are none.
        """
        table = np.load(io.BytesIO(packed), allow_pickle=False)
        low, high = (np.ascontiguousarray(table[side]) for side in ("low", "high"))
        return cls(table["value"].copy(), low, high)


class Forest:
    """The leaves, with the features that their columns belong to."""

    def __init__(self, leaves: Leaves, inputs: Mapping[str, Mapping[str, Any]]) -> None:
        widths = [len(one.get("nominal", [0])) for one in inputs.values()]
        self._values = leaves.values
        self._low, self._high = leaves.low.T.copy(), leaves.high.T.copy()
        self._starts = np.cumsum([0, *widths[:-1]])
        self._features = len(widths)
        self._all = np.uint32(2**self._features - 1)

    def masks(self, rows: Encoded) -> Masks:
        """Which features of each row fit the way to which leaf; shape (rows, leaves)."""
        return np.array([self._mask(row) for row in rows], dtype=np.uint32)

    def probabilities(self, masks: Masks) -> Numbers:
        """What the leaves give that rows reach; shape (rows,)."""
        reached: Numbers = (masks == self._all) @ self._values
        return reached

    def contributions(self, own: Masks, others: Masks) -> Numbers:
        """What each feature adds to one row's probability beside the mean of some others'.

        `own` has the shape (leaves,), `others` (rows, leaves); the sum over the features is the
        difference of the probabilities.
        """
        counts = ((own | others) == self._all) & (own != others)
        pair = np.flatnonzero(counts)
        leaf = pair % len(own)
        mine, theirs = own[leaf], others.ravel()[pair]
        gained, lost = mine & ~theirs, theirs & ~mine
        a, b = np.bitwise_count(gained), np.bitwise_count(lost)
        values = self._values[leaf]
        gains = self._summed(WEIGHTS[a, b] * values, gained)
        losses = self._summed(WEIGHTS[b, a] * values, lost)
        return (gains - losses) / len(others)

    def _mask(self, row: Encoded) -> Masks:
        fits = (row[:, None] > self._low) & (row[:, None] <= self._high)
        whole = np.logical_and.reduceat(fits, self._starts, axis=0)
        mask = np.zeros(len(self._values), dtype=np.uint32)
        for place, fit in enumerate(whole):
            mask |= fit.astype(np.uint32) << np.uint32(place)
        return mask

    def _summed(self, weights: Numbers, masks: Masks) -> Numbers:
        """For each feature the sum of the weights whose masks hold it, through the sums by byte."""
        parts = masks.astype("<u4").view(np.uint8).reshape(-1, 4).T
        sums = [np.bincount(part, weights, 256) @ BITS for part in parts[: -(-self._features // 8)]]
        summed: Numbers = np.concatenate(sums)[: self._features]
        return summed
