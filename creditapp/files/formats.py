"""CSV and Parquet files: splitting into parts, reading a part, writing, and joining parts."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.table import check_header
from creditapp.exceptions import BadTable, NoRows
from creditapp.files import csv_file
from creditapp.files.csv_file import Rows, Section
from creditapp.files.csv_text import write_csv
from creditapp.files.parquet_columns import answers_of, data_columns, is_readable, value_type
from creditapp.phrases import marked

PART_ROWS = 25_000
PART_BYTES = 2_000_000


@dataclass(frozen=True)
class Part:
    """Consecutive rows of a file.

    In CSV, `begin` and `end` are byte offsets, and `before` is the number of lines before the part.
    In Parquet, `begin` and `end` are rows of the row group `group`, and `before` is the number of rows
    of the file before the part. `end` is exclusive.
    """

    number: int
    begin: int
    end: int
    before: int
    group: int = 0


def format_of(path: Path) -> str:
    """The format of a file by its name: `csv` or `parquet`.

    Raises:
        BadTable: the name does not end in .csv or .parquet.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise BadTable(marked("the format is not known; use a name that ends in .csv or .parquet"))
    return path.suffix.lower().removeprefix(".")


def parts_of(catalogue: Catalogue, path: Path) -> list[Part]:
    """Check the columns of a file, and split the file into parts, in their order.

    Raises:
        BadTable: the file is not a table or has no rows, or a column is missing, unknown,
            duplicated, or of a wrong type.
    """
    is_csv = format_of(path) == "csv"
    parts = _csv_parts(catalogue, path) if is_csv else _parquet_parts(catalogue, path)
    if not parts:
        raise NoRows(marked("the file holds column names but no rows; add at least one row"))
    return parts


def rows_of(catalogue: Catalogue, path: Path, part: Part) -> Rows:
    """Read the rows of a part with their numbers.

    The number is the line of the file in CSV, and the row of the file, counted from 1, in Parquet.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    is_csv = format_of(path) == "csv"
    return _csv_rows(catalogue, path, part) if is_csv else _parquet_rows(catalogue, path, part)


def write(path: Path, table: pa.Table) -> None:
    """Write a table to a file, in the format of its name."""
    if format_of(path) == "csv":
        with path.open("wb") as file:
            write_csv(table, file)
    else:
        columns = [column.cast(value_type(column.type)) for column in table.columns]
        pq.write_table(pa.table(columns, table.column_names), path)


def join(parts: Iterable[Path], path: Path) -> None:
    """Join files with the same columns into one file."""
    if format_of(path) == "csv":
        _join_csv(parts, path)
    else:
        _join_parquet(parts, path)


def names_of(catalogue: Catalogue, path: Path) -> list[str]:
    """The column names of a file as they are, without a check.

    Raises:
        BadTable: the file is not a table.
        OSError: the file cannot be read.
    """
    if format_of(path) == "csv":
        return list(csv_file.read_names(catalogue, path).cells)
    schema = _parquet(path).schema_arrow
    return [schema.names[place] for place in data_columns(schema)]


def unpacked_size(path: Path) -> int:
    """The bytes of the largest row group of a Parquet file without its compression, as the file says.

    Raises:
        BadTable: the file is not Parquet.
    """
    metadata = _parquet(path).metadata
    groups = range(metadata.num_row_groups)
    return max((metadata.row_group(group).total_byte_size for group in groups), default=0)


def _csv_parts(catalogue: Catalogue, path: Path) -> list[Part]:
    sections = csv_file.sections_of(catalogue, path, PART_BYTES)
    return [Part(number, one.begin, one.end, one.before) for number, one in enumerate(sections)]


def _csv_rows(catalogue: Catalogue, path: Path, part: Part) -> Rows:
    return csv_file.rows_of(catalogue, path, Section(part.begin, part.end, part.before))


def _parquet_parts(catalogue: Catalogue, path: Path) -> list[Part]:
    file = _parquet(path)
    _check_types(catalogue, file.schema_arrow)
    parts: list[Part] = []
    before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        for begin in range(0, rows, PART_ROWS):
            end = min(begin + PART_ROWS, rows)
            parts.append(Part(len(parts), begin, end, before + begin, group))
        before += rows
    return parts


def _parquet_rows(catalogue: Catalogue, path: Path, part: Part) -> Rows:
    columns = parquet_columns_of(catalogue, path, part)
    answers = [answers_of(catalogue, name, column) for name, column in columns.items()]
    rows = zip(*answers, strict=True) if answers else [()] * (part.end - part.begin)
    for number, row in enumerate(rows, part.before + 1):
        named = zip(columns, row, strict=True)
        yield number, {name: answer for name, answer in named if answer is not None}


def parquet_columns_of(catalogue: Catalogue, path: Path, part: Part) -> dict[str, Any]:
    """The columns of a part that an application may have, by their names.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    table = _row_group(path, path.stat().st_mtime_ns, part.group)
    table = table.slice(part.begin, part.end - part.begin)
    named = zip(map(str.strip, table.column_names), table.columns, strict=True)
    return {name: column for name, column in named if name in catalogue.allowed_keys}


@lru_cache(maxsize=1)
def _row_group(path: Path, _modified: int, group: int) -> pa.Table:
    """Read a row group; the last one is cached."""
    # why: consecutive parts are mostly of the same row group. Another file may come to the same place.
    return _parquet(path).read_row_group(group)


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadTable(marked("the file is not readable as Parquet")) from error


def _check_types(catalogue: Catalogue, schema: pa.Schema) -> None:
    check_header(catalogue, [schema.names[place] for place in data_columns(schema)])
    for column in schema:
        if column.name.strip() in catalogue.allowed_keys and not is_readable(column.type):
            raise BadTable(
                marked(
                    'the column "%(name)s" is of type %(kind)s; use numbers, text, dates, or true '
                    "and false"
                ),
                name=column.name,
                kind=str(value_type(column.type)),
            )


def _join_csv(parts: Iterable[Path], path: Path) -> None:
    with path.open("wb") as whole:
        for place, part in enumerate(parts):
            with part.open("rb") as file:
                if place:
                    file.readline()
                shutil.copyfileobj(file, whole)


def _join_parquet(parts: Iterable[Path], path: Path) -> None:
    tables = (pq.read_table(part) for part in parts)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
