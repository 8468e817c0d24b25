"""Reads the rows of a portfolio's data file: CSV, compressed or not, or Parquet."""

import csv
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Question
from creditapp.applications.table import Header, check_header, read_csv_rows
from creditapp.exceptions import BadTable
from creditapp.files.parquet_columns import answers_of, data_columns

BATCH = 10_000

Rows = Iterator[tuple[int, dict[str, Any] | BadTable]]
"""The number of each row, and its answers, or what makes it unreadable."""


def read_rows(catalogue: Catalogue, path: Path, extra: Sequence[Question]) -> Rows:
    """Read the rows of a data file with their numbers.

    The number is the line of the file in CSV, and the row of the file, counted from 1, in Parquet.
    `extra` are required columns besides those of an application.

    Raises:
        BadTable: the file is not a table, or a column is missing, unknown or duplicated.
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    if path.name.endswith(".parquet"):
        return _parquet_rows(catalogue, path, extra)
    return _csv_rows(catalogue, path, extra)


def digest_of(path: Path) -> str:
    """The SHA-256 digest of a file, in hexadecimal.

    Raises:
        BadTable: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadTable(f"{path}: cannot be read: {error.strerror}") from error


def _csv_rows(catalogue: Catalogue, path: Path, extra: Sequence[Question]) -> Rows:
    encoding = catalogue.data.encoding.lower().replace("_", "-")
    with _open(path, "utf-8-sig" if encoding in ("utf-8", "utf8") else encoding) as lines:
        reader = csv.reader(lines, strict=True, delimiter=catalogue.data.delimiter)
        try:
            header = Header(catalogue, next(reader, []), extra)
        except csv.Error as error:
            raise BadTable(f"line 1: the column names are not readable: {error}") from error
        yield from read_csv_rows(lines, header, reader.line_num, catalogue.data.delimiter)


def _open(path: Path, encoding: str) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _parquet_rows(catalogue: Catalogue, path: Path, extra: Sequence[Question]) -> Rows:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadTable("the file is not readable as Parquet") from error
    places = data_columns(file.schema_arrow)
    names = check_header(catalogue, [file.schema_arrow.names[place] for place in places], extra)
    kept = {
        name: place
        for name, place in zip(names, places, strict=True)
        if name not in catalogue.ignored or name in {question.name for question in extra}
    }
    number = 0
    for batch in file.iter_batches(BATCH):
        columns = [
            answers_of(catalogue, name, batch.column(place), extra) for name, place in kept.items()
        ]
        for row in zip(*columns, strict=True):
            number += 1
            named = zip(kept, row, strict=True)
            yield number, {name: answer for name, answer in named if answer is not None}
