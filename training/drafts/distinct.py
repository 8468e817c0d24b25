"""Estimates how many distinct values a column has, in constant memory."""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

KEPT = 4096
RANGE = 2**32


class DistinctValues:
    """The smallest hashes seen: the closer they lie together, the more distinct values there are.

    The error is about 1.6 %; up to 4,095 values, the count is exact but for collisions.
    """

    def __init__(self) -> None:
        self._smallest: NDArray[np.uint32] = np.empty(0, np.uint32)

    def add(self, values: list[bytes]) -> None:
        """Count values in; repeated ones do no harm."""
        hashes = np.fromiter(map(crc32, values), np.uint32, len(values))
        if len(self._smallest) == KEPT:
            hashes = hashes[hashes < self._smallest[-1]]
        if len(hashes):
            self._smallest = np.unique(np.concatenate([self._smallest, hashes]))[:KEPT]

    def estimate(self) -> float:
        """The number of distinct values."""
        if len(self._smallest) < KEPT:
            return float(len(self._smallest))
        return (KEPT - 1) * RANGE / (float(self._smallest[-1]) + 1)
