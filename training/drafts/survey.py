"""Reads a whole file once, for the profiles of its columns and an even sample of its rows."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from creditapp.exceptions import BadTable
from training.drafts.kinds import Kind, Numbers, numbers_of
from training.drafts.profile import Profile
from training.drafts.sample import EvenSample
from training.drafts.source import Source, batches


@dataclass(frozen=True)
class Survey:
    """What is known of a file after one reading."""

    rows: int
    profiles: dict[str, Profile]
    sample: Any

    def cells(self, name: str) -> Any:
        """The sampled cells of a column, trimmed."""
        column = self.sample.column(name)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def numbers(self, name: str, kind: Kind) -> Numbers:
        """The sampled cells of a column as numbers."""
        return numbers_of(self.cells(name), kind)


def survey(source: Source) -> Survey:
    """Read all rows.

    Raises:
        BadTable: the file has no rows, or a row cannot be read.
    """
    profiles = {name: Profile(name) for name in source.names}
    sample = EvenSample(len(source.names))
    rows = 0
    for batch in batches(source):
        trimmed = [profiles[name].add(batch.column(name)) for name in source.names]
        sample.add(pa.RecordBatch.from_arrays(trimmed, names=list(source.names)))
        rows += len(batch)
    if not rows:
        raise BadTable(f"{source.path}: the file holds column names but no rows")
    return Survey(rows, profiles, sample.table())
