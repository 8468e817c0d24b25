"""The rows of a CSV or Parquet file of outcomes, as plain values."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from creditapp.applications.csv_records import read_records
from creditapp.exceptions import BadTable
from creditapp.files.formats import format_of
from creditapp.files.parquet_columns import as_reference, data_columns, plain_values
from creditapp.outcomes.reports import FIELDS, values_of_texts

Rows = Iterator[tuple[int, dict[str, Any] | str]]


def rows_of(path: Path) -> Rows:
    """Each row with its number: its values without empty ones, or why it cannot be read.

    The number is the line in CSV, and the row, counted from 1, in Parquet.

    Raises:
        BadTable: the file is not a table, or a column is missing, unknown or there twice.
        OSError: the file cannot be read.
    """
    return _csv_rows(path) if format_of(path) == "csv" else _parquet_rows(path)


def _csv_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        head = next(lines, "")
        if "\0" in head:
            raise BadTable(f"{path}: the file is UTF-16 or no text; save it as CSV in UTF-8")
        delimiter = ";" if ";" in head and "," not in head else ","
        names = next(csv.reader([head], delimiter=delimiter), [])
        _check_names(path, names)
        for number, cells in read_records(lines, len(names), delimiter):
            if isinstance(cells, str):
                yield number + 1, cells
            elif len(cells) != len(names):
                yield number + 1, f"{len(cells)} cells; expected are {len(names)}"
            else:
                yield number + 1, values_of_texts(dict(zip(names, cells, strict=True)))


def _parquet_rows(path: Path) -> Rows:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadTable(f"{path}: this is not a Parquet file: {error}") from error
    with file:
        names = [file.schema_arrow.names[place] for place in data_columns(file.schema_arrow)]
        _check_names(path, names)
        number = 0
        for batch in file.iter_batches(columns=names):
            columns = {name: _values(name, batch.column(name)) for name in names}
            for values in zip(*columns.values(), strict=True):
                number += 1
                row = dict(zip(names, values, strict=True))
                texts = {name: one for name, one in row.items() if isinstance(one, str)}
                others = {name: one for name, one in row.items() if name not in texts}
                given = {name: one for name, one in others.items() if one is not None}
                yield number, {**values_of_texts(texts), **given}


def _values(name: str, column: Any) -> list[Any]:
    values = plain_values(column)
    return [as_reference(one) for one in values] if name == "reference" else values


def _check_names(path: Path, names: Sequence[str]) -> None:
    """Check the names of the columns.

    Raises:
        BadTable: one is missing, unknown or there twice.
    """
    unknown = [name for name in names if name not in FIELDS]
    missing = [name for name in ("kind", "date") if name not in names]
    if not {"decision_id", "reference"} & set(names):
        missing.insert(0, "decision_id or reference")
    twice = sorted({name for name in names if names.count(name) > 1})
    for fault, found in (("unknown", unknown), ("missing", missing), ("there twice", twice)):
        if found:
            listed = ", ".join(repr(name) for name in found[: len(FIELDS)])
            raise BadTable(
                f"{path}: these columns are {fault}: {listed}; the columns are {', '.join(FIELDS)}"
            )
