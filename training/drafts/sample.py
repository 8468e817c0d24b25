"""A sample of rows from all over a file whose length is not known before its end."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MOST_ROWS = 100_000
MOST_CELLS = 10_000_000
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class EvenSample:
    """Every row while there are few, then about every second, every fourth, and so on.

    Which rows are taken follows from their numbers alone, and from a hash of them: every second row as
    such would be all bad in a file in which good and bad rows alternate.
    """

    def __init__(self, columns: int) -> None:
        self.step = 1
        self._most = min(MOST_ROWS, MOST_CELLS // columns)
        self._seen = 0
        self._parts: list[Any] = []
        self._hashes: list[NDArray[np.uint64]] = []

    def add(self, batch: Any) -> None:
        """Take the rows of a batch that are due."""
        hashes = _hashes(self._seen, len(batch))
        self._seen += len(batch)
        self._keep(pa.Table.from_batches([batch]), hashes)
        while sum(map(len, self._hashes)) > self._most:
            self.step *= 2
            table, hashes = self.table(), np.concatenate(self._hashes)
            self._parts, self._hashes = [], []
            self._keep(table, hashes)

    def table(self) -> Any:
        """The rows taken, in the order of the file."""
        return pa.concat_tables(self._parts).combine_chunks()

    def _keep(self, table: Any, hashes: NDArray[np.uint64]) -> None:
        due = hashes % np.uint64(self.step) == 0
        # why: `take` copies, so that the sample does not hold on to whole batches.
        self._parts.append(table.take(pa.array(np.flatnonzero(due))))
        self._hashes.append(hashes[due])


def _hashes(first: int, rows: int) -> NDArray[np.uint64]:
    numbers = np.arange(first, first + rows, dtype=np.uint64) * _SPREAD
    numbers ^= numbers >> np.uint64(29)
    numbers *= _SPREAD
    return numbers >> np.uint64(32)
