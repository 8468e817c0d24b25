"""A filtered list of decisions as a file: CSV for spreadsheets, or Parquet for programs."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from creditapp.decisions import exported
from creditapp.decisions.exported import ExportedRow
from creditapp.decisions.filters import Filters
from creditapp.exceptions import BadExport
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.spreadsheets import csv_parts

ARROW = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us", "UTC"),
}


def export_list(path: Path, filters: Filters, form: str, most: int, actor: Actor) -> int:
    """Write at most so many decisions to a new file, newest first; how many. The event is recorded first.

    Args:
        path: The file, which must not exist; only its owner can read it.
        filters: Which decisions.
        form: `csv` or `parquet`.
        most: How many at most.
        actor: Who exports.

    Raises:
        BadExport: the file exists already, or cannot be written.
        DatabaseUnavailable: the database cannot be read, or the event cannot be recorded.
    """
    audit.record(actor, Action.DATA_EXPORTED, "decisions", exported.describe(filters, form))
    counted = _Counted(exported.rows(filters, most))
    write = _write_csv if form == "csv" else _write_parquet
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        write(path, counted)
    except OSError as error:
        raise BadExport(f"{path}: cannot be written: {error.strerror}") from error
    return counted.number


class _Counted:
    """Parts of a list, which are counted while they are read."""

    def __init__(self, parts: Iterable[list[ExportedRow]]) -> None:
        self._parts = parts
        self.number = 0

    def __iter__(self) -> Any:
        for part in self._parts:
            self.number += len(part)
            yield part


def _write_csv(path: Path, parts: _Counted) -> None:
    with path.open("wb") as file:
        file.writelines(csv_parts(ExportedRow._fields, parts))


def _write_parquet(path: Path, parts: _Counted) -> None:
    hints = get_type_hints(ExportedRow)
    schema = pa.schema({name: ARROW[_plain(hints[name])] for name in ExportedRow._fields})
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            rows = [row._asdict() for row in part]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _plain(kind: Any) -> Any:
    """The type of the values of a column that may be empty."""
    return kind.__args__[0] if isinstance(kind, UnionType) else kind
