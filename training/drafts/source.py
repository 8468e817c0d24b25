"""Reads a CSV or Parquet file in batches of texts, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from creditapp.exceptions import BadTable
from creditapp.files.parquet_columns import data_columns, is_readable
from training.drafts.csv_text import (
    encoding_of,
    open_bytes,
    refuse_broken_quotes,
    separator_and_header,
)

MOST_COLUMNS = 500
LONGEST_NAME = 100
BATCH_ROWS = 10_000
FIRST_BYTES = 4
BLOCK_BYTES = 1 << 20
BLOCK_COLUMNS = 20
PARQUET = b"PAR1"


@dataclass(frozen=True)
class Source:
    """A table in a file: how to read it, and its column names, stripped and checked."""

    path: Path
    format: str
    names: tuple[str, ...]
    header: tuple[str, ...]
    encoding: str = "utf-8"
    separator: str = ","

    @property
    def file_name(self) -> str:
        """The name that a copy gets: with an ending that tells the format."""
        if self.format == "parquet":
            return f"{self.path.name.split('.')[0] or 'data'}.parquet"
        packed = ".gz" if self.path.suffix.lower() == ".gz" else ""
        stem = self.path.name[: -len(packed)] if packed else self.path.name
        return f"{Path(stem).stem}.csv{packed}"


def open_source(path: Path) -> Source:
    """Find out how a file is read.

    Raises:
        BadTable: the file is not a table, or has column names that a catalogue cannot hold.
    """
    with open_bytes(path) as file:
        begin = file.read(FIRST_BYTES)
    if begin == PARQUET or path.suffix.lower() == ".parquet":
        schema = _parquet(path).schema_arrow
        header = tuple(schema.names[place] for place in data_columns(schema))
        return Source(path, "parquet", checked_names(path, header), header)
    encoding = encoding_of(path)
    separator, cells = separator_and_header(path, encoding)
    names = checked_names(path, cells)
    refuse_broken_quotes(path, encoding, separator, len(names))
    return Source(path, "csv", names, tuple(cells), encoding, separator)


def checked_names(path: Path, cells: Sequence[str]) -> tuple[str, ...]:
    """The column names without blanks around.

    Raises:
        BadTable: a name is empty, duplicated, too long or not printable, or there are too many.
    """
    names = [cell.strip() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise BadTable(f"{path}: {len(names)} columns; accepted are up to {MOST_COLUMNS}")
    if sum(map(_is_number, names)) > len(names) / 2:
        raise BadTable(
            f"{path}: the first line holds numbers; it must hold the names of the columns"
        )
    for place, name in enumerate(names, 1):
        if not name:
            raise BadTable(
                f"{path}: column {place} of {len(names)} has no name (row numbers saved with the "
                "table?); name it in the first line, or remove it"
            )
        if names.count(name) > 1:
            raise BadTable(f'{path}: the column "{name}" appears more than once; rename one')
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise BadTable(
                f"{path}: the name of column {place}, {name[:30]!r}…, is not usable; accepted are "
                f"1 to {LONGEST_NAME} printable characters"
            )
    return tuple(names)


def batches(source: Source) -> Iterator[pa.RecordBatch]:
    """The rows in batches: all columns as texts as they stand, a missing cell as the empty text.

    Raises:
        BadTable: a row has a wrong number of cells, or a column cannot be read as text.
    """
    for batch in _csv_batches(source) if source.format == "csv" else _parquet_batches(source):
        yield pa.RecordBatch.from_arrays(batch.columns, names=list(source.names))


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _csv_batches(source: Source) -> Iterator[pa.RecordBatch]:
    wrong: list[Any] = []

    def refuse(row: Any) -> str:
        wrong.append(row)
        return "error"

    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(source.header, pa.string()), strings_can_be_null=False
    )
    parse = arrow_csv.ParseOptions(
        delimiter=source.separator, newlines_in_values=True, invalid_row_handler=refuse
    )
    # why: with threads, the number of a wrong row is not known.
    read = arrow_csv.ReadOptions(
        use_threads=False,
        encoding=source.encoding,
        block_size=BLOCK_BYTES * (1 + len(source.names) // BLOCK_COLUMNS),
    )
    try:
        with open_bytes(source.path) as file:
            yield from arrow_csv.open_csv(
                file, read_options=read, parse_options=parse, convert_options=convert
            )
    except pa.ArrowInvalid as error:
        # why: Arrow's own text quotes the row, and a row is about a person.
        raise BadTable(f"{source.path}: {_what_is_wrong(wrong, len(source.names))}") from error


def _what_is_wrong(rows: Sequence[Any], columns: int) -> str:
    if not rows:
        return "the file is not readable as CSV; look for a quotation mark that is not closed"
    return f"row {rows[0].number} has {rows[0].actual_columns} cells; the header has {columns}"


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadTable(f"{path}: the file is not readable as Parquet") from error


def _parquet_batches(source: Source) -> Iterator[pa.RecordBatch]:
    file = _parquet(source.path)
    places = data_columns(file.schema_arrow)
    for batch in file.iter_batches(BATCH_ROWS):
        columns = [
            _texts(batch.column(place), name)
            for place, name in zip(places, source.names, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, names=list(source.names))


def _texts(column: Any, name: str) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary_decode(), name)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        column = column.cast(pa.date32(), safe=False)
    if not is_readable(kind):
        raise BadTable(
            f'the column "{name}" is of type {kind}; accepted are numbers, texts, booleans and dates'
        )
    texts = column.cast(pa.string())
    if pa.types.is_floating(kind):
        # why: Arrow writes 3.0 as 3, but a whole number that is stored as a float is no integer.
        whole = pc.match_substring_regex(texts, r"^-?[0-9]+$")
        texts = pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return pc.fill_null(texts, "")
