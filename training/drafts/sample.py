"""A sample of rows at even distances, of a file whose length is not known before its end."""

from typing import Any

import numpy as np
import pyarrow as pa

MOST_ROWS = 100_000
MOST_CELLS = 10_000_000


class EvenSample:
    """Every row while there are few, then every second, every fourth, and so on."""

    def __init__(self, columns: int) -> None:
        self.step = 1
        self._most = min(MOST_ROWS, MOST_CELLS // columns)
        self._seen = 0
        self._parts: list[Any] = []
        self._rows = 0

    def add(self, batch: Any) -> None:
        """Take the rows of a batch that are due."""
        self._take(batch)
        self._seen += len(batch)
        while self._rows > self._most:
            self.step *= 2
            whole = self.table()
            self._parts = [whole.take(pa.array(np.arange(0, len(whole), 2)))]
            self._rows = len(self._parts[0])

    def table(self) -> Any:
        """The rows taken, in the order of the file."""
        return pa.Table.from_batches(
            [one for part in self._parts for one in pa.table(part).to_batches()]
        ).combine_chunks()

    def _take(self, batch: Any) -> None:
        first = -self._seen % self.step
        # why: `take` copies, so that the sample does not hold on to whole batches.
        taken = batch.take(pa.array(np.arange(first, len(batch), self.step)))
        if len(taken):
            self._parts.append(pa.Table.from_batches([taken]))
            self._rows += len(taken)
