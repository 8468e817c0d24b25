"""CSV and Parquet files: splitting into parts, reading a part, writing, and joining parts."""

import csv
import io
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.table import Header, check_header, read_csv_rows
from creditapp.exceptions import BadTable

PART_ROWS = 25_000
PART_BYTES = 2_000_000
LONGEST_CELL = csv.field_size_limit()

Rows = Iterator[tuple[int, dict[str, Any] | BadTable]]


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
        raise BadTable(f"{path}: the format is not known; use a name that ends in .csv or .parquet")
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
        raise BadTable(f"{path}: the file holds column names but no rows; add at least one row")
    return parts


def rows_of(catalogue: Catalogue, path: Path, part: Part) -> Rows:
    """Read the rows of a part with their numbers.

    The number is the line of the file in CSV, and the row of the file, counted from 1, in Parquet.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    is_csv = format_of(path) == "csv"
    return _csv_rows(catalogue, path, part) if is_csv else _parquet_rows(catalogue, path, part)


def write(path: Path, columns: Mapping[str, pa.DataType], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows to a file, in the format of its name."""
    if format_of(path) == "csv":
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([tuple(columns), *rows])
    else:
        pq.write_table(_table(columns, rows), path)


def join(parts: Iterable[Path], path: Path) -> None:
    """Join files with the same columns into one file."""
    if format_of(path) == "csv":
        _join_csv(parts, path)
    else:
        _join_parquet(parts, path)


def _csv_parts(catalogue: Catalogue, path: Path) -> list[Part]:
    with path.open("rb") as file:
        _csv_header(catalogue, path)
        lines = _read_lines(file, 1).count(b"\n")
        parts: list[Part] = []
        begin = file.tell()
        while block := _read_lines(file, PART_BYTES):
            parts.append(Part(len(parts), begin, file.tell(), lines))
            lines += block.count(b"\n")
            begin = file.tell()
    return parts


def _read_lines(file: IO[bytes], size: int) -> bytes:
    """Read about `size` bytes, and then on to the end of a line that is not inside quotes."""
    block = file.read(size)
    block += b"" if block.endswith(b"\n") else file.readline()
    # why: a quoted cell may contain line breaks, so a part may end only after an even number of
    # quotes. A stray quote would join the rest of the file, so the search stops after the longest cell.
    longest = len(block) + LONGEST_CELL
    while block.count(b'"') % 2 and len(block) < longest and (line := file.readline()):
        block += line
    return block


@lru_cache(maxsize=1)
def _csv_header(catalogue: Catalogue, path: Path) -> tuple[Header, str]:
    """The checked header, and the delimiter: a comma, or that of the portfolio's own data."""
    with path.open("rb") as file:
        text = _decode(catalogue, _read_lines(file, 1)).removeprefix("\ufeff")
    delimiter = "," if catalogue.data.delimiter not in text else catalogue.data.delimiter
    cells = next(csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter), [])
    return Header(catalogue, cells), delimiter


def _decode(catalogue: Catalogue, block: bytes) -> str:
    """The text of a file's bytes: UTF-8, or else the encoding of the portfolio's own data.

    Bytes that are neither make one row wrong instead of the whole file.
    """
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError:
        own = catalogue.data.encoding
        return block.decode("utf-8" if own.startswith("utf") else own, "surrogateescape")


def _csv_rows(catalogue: Catalogue, path: Path, part: Part) -> Rows:
    header, delimiter = _csv_header(catalogue, path)
    with path.open("rb") as file:
        file.seek(part.begin)
        text = _decode(catalogue, file.read(part.end - part.begin))
    return read_csv_rows(io.StringIO(text, newline="\n"), header, part.before, delimiter)


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
    table = _row_group(path, part.group).slice(part.begin, part.end - part.begin)
    names = [name.strip() for name in table.column_names]
    kept = [name in catalogue.allowed_keys for name in names]
    columns = [
        answers_of(column, catalogue.readers.get(name))
        for name, column in zip(names, table.columns, strict=True)
    ]
    for name, column in zip(names, columns, strict=True):
        if name in catalogue.reference_keys:
            column[:] = [one if one is None else str(one) for one in column]
    for number, row in enumerate(zip(*columns, strict=True), part.before + 1):
        named = zip(names, kept, row, strict=True)
        yield number, {name: one for name, keep, one in named if keep and one is not None}


def answers_of(column: Any, read: Callable[[str], Any] | None = None) -> list[Any]:
    """The answers of a column as JSON has them: a date as YYYY-MM-DD, NaN and a blank text as none.

    `read` reads a text as it reads the cell of a CSV file.
    """
    answers: list[Any] = column.to_pylist()
    kind = value_type(column.type)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return [one and one.isoformat()[:10] for one in answers]
    if pa.types.is_floating(kind):
        return [None if one is None or math.isnan(one) else _finite(one) for one in answers]
    if pa.types.is_decimal(kind):
        number = float if kind.scale > 0 else int
        return [one if one is None else number(one) for one in answers]
    if read and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return [read(one) if one and not one.isspace() else None for one in answers]
    return answers


def value_type(kind: Any) -> Any:
    """The type of a column's values, also where each value is stored once."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_readable(kind: Any) -> bool:
    """Whether a column of this type has answers: numbers, text, dates, true and false, or nothing."""
    checks = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_null,
    )
    return any(check(value_type(kind)) for check in checks)


def _finite(number: float) -> float | str:
    """A number; an infinite one, which JSON does not have, as its text."""
    return number if math.isfinite(number) else str(number)


@lru_cache(maxsize=1)
def _row_group(path: Path, group: int) -> pa.Table:
    """Read a row group; the last one is cached."""
    # why: consecutive parts are mostly of the same row group.
    return _parquet(path).read_row_group(group)


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadTable(f"{path}: the file is not readable as Parquet") from error


def _check_types(catalogue: Catalogue, schema: pa.Schema) -> None:
    check_header(catalogue, schema.names)
    for column in schema:
        if not is_readable(column.type):
            kind = value_type(column.type)
            raise BadTable(
                f'the column "{column.name}" is of type {kind}; use numbers, text, dates, or true '
                "and false"
            )


def _table(columns: Mapping[str, pa.DataType], rows: Sequence[Sequence[Any]]) -> pa.Table:
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(values, columns.values(), strict=True)]
    return pa.table(dict(zip(columns, arrays, strict=True)))


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
