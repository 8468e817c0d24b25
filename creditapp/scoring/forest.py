"""Computes exact Shapley values of a forest's features from its leaves and a few reference rows.

A row reaches a leaf if each of its features fits the limits on the leaf's path. The applicant's row is
compared with one reference row at a time. Let A be the features of the path that only the applicant's
row fits, and B those that only the reference row fits. Replace the reference row's answers by the
applicant's, one feature at a time in random order: the mixed row reaches the leaf while all of A and none
of B are replaced. Averaged over all orders, each feature of A gains (|A|-1)! |B|! / (|A|+|B|)! of the
leaf's value, and each feature of B loses |A|! (|B|-1)! / (|A|+|B|)!.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.scoring.encoder import Encoded, width_of

Masks = npt.NDArray[np.uint32]
"""For each leaf, one bit per feature: whether the row's answer fits the path.

32 features share a word; shape (…, words, leaves).
"""

Numbers = npt.NDArray[np.float64]
WORD = 32
DEEPEST = 64
"""No path of a leaf has more features; a tree of depth 10 has 10 at most."""

WEIGHTS = np.array(
    [
        [
            factorial(a - 1) * factorial(b) / factorial(a + b) if a else 0.0
            for b in range(DEEPEST + 1)
        ]
        for a in range(DEEPEST + 1)
    ]
)
"""By |A| and |B|: the share of a leaf's value that each feature of A gains."""

BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
"""The eight bits of each byte; shape (256, 8)."""


@dataclass(frozen=True)
class Leaves:
    """A forest's leaves: what each adds to the probability of good credit, and the limits on its path.

    A row reaches a leaf if each of its columns is above `low` and at most `high`. `values` has the shape
    (leaves,), `low` and `high` (leaves, columns).
    """

    values: Numbers
    low: Encoded
    high: Encoded

    def pack(self) -> bytes:
        """Pack the leaves into bytes, as one NumPy array."""
        width = self.low.shape[1]
        parts = [("value", "<f8"), ("low", "<f4", (width,)), ("high", "<f4", (width,))]
        table = np.empty(len(self.values), dtype=parts)
        table["value"], table["low"], table["high"] = self.values, self.low, self.high
        packed = io.BytesIO()
        np.save(packed, table, allow_pickle=False)
        return packed.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Leaves":
        """Read the leaves from their bytes.

        Raises:
            ValueError, EOFError: the bytes do not hold leaves.
        """
        table = np.load(io.BytesIO(packed), allow_pickle=False)
        low, high = (np.ascontiguousarray(table[side]) for side in ("low", "high"))
        return cls(table["value"].copy(), low, high)


class Forest:
    """A forest's leaves, with the features that their columns belong to."""

    def __init__(self, leaves: Leaves, inputs: Mapping[str, Mapping[str, Any]]) -> None:
        widths = [width_of(encoding) for encoding in inputs.values()]
        self._values = leaves.values
        self._low, self._high = leaves.low.T.copy(), leaves.high.T.copy()
        self._starts = np.cumsum([0, *widths[:-1]])
        self._features = len(widths)
        self._all = _full_words(self._features)

    def masks(self, rows: Encoded) -> Masks:
        """Which features of each row fit the path of each leaf; shape (rows, words, leaves)."""
        return np.array([self._mask(row) for row in rows], dtype=np.uint32)

    def sums(self, masks: Masks) -> Numbers:
        """The sum of the leaves that each row reaches; shape (rows,)."""
        reached: Numbers = (masks == self._all).all(axis=-2) @ self._values
        return reached

    def contributions(self, own: Masks, reference: Masks) -> Numbers:
        """Each feature's Shapley value: what it adds to a row's probability, compared with the reference.

        The values add up to the row's probability minus the mean probability of the reference rows.

        Args:
            own: the masks of the row; shape (words, leaves).
            reference: the masks of the rows to compare with; shape (rows, words, leaves).
        """
        # why: a leaf matters for a pair of rows only if one of them fits each feature of the path, and
        # not both fit all: otherwise no mixed row reaches it, or every mixed row does.
        one_fits = ((own | reference) == self._all).all(axis=-2)
        pair = np.flatnonzero(one_fits & (own != reference).any(axis=-2))
        words, leaves = own.shape
        leaf = pair % leaves
        own_pair = own.take(leaf, axis=1)
        reference_pair = reference.swapaxes(0, 1).reshape(words, -1).take(pair, axis=1)
        only_own, only_reference = own_pair & ~reference_pair, reference_pair & ~own_pair
        a, b = _count_bits(only_own), _count_bits(only_reference)
        values = self._values[leaf]
        gains = self._sum_by_feature(WEIGHTS[a, b] * values, only_own)
        losses = self._sum_by_feature(WEIGHTS[b, a] * values, only_reference)
        return (gains - losses) / len(reference)

    def _mask(self, row: Encoded) -> Masks:
        fits = (row[:, None] > self._low) & (row[:, None] <= self._high)
        by_feature = np.logical_and.reduceat(fits, self._starts, axis=0)
        mask = np.zeros((len(self._all), len(self._values)), dtype=np.uint32)
        for feature, fit in enumerate(by_feature):
            mask[feature // WORD] |= fit.astype(np.uint32) << np.uint32(feature % WORD)
        return mask

    def _sum_by_feature(self, weights: Numbers, masks: Masks) -> Numbers:
        """For each feature, the sum of the weights whose mask has the feature's bit."""
        # why: there are only 256 bytes; summing by byte first needs no loop over 32 bits of each mask.
        parts = np.ascontiguousarray(masks.T).astype("<u4").view(np.uint8).T
        used = parts[: -(-self._features // 8)]
        sums = [np.bincount(part, weights, 256) @ BITS for part in used]
        by_feature: Numbers = np.concatenate(sums)[: self._features]
        return by_feature


def _full_words(features: int) -> Masks:
    """The words of a row that fits every feature; shape (words, 1)."""
    bits = [min(WORD, features - start) for start in range(0, features, WORD)]
    return np.array([[2**count - 1] for count in bits], dtype=np.uint32)


def _count_bits(masks: Masks) -> npt.NDArray[np.uint8]:
    """The number of bits in all words; shape (pairs,)."""
    counts: npt.NDArray[np.uint8] = np.bitwise_count(masks).sum(axis=0, dtype=np.uint8)
    return counts
