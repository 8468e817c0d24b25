"""Finds the encoding, the separator and the header of a CSV file."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from creditapp.applications.csv_records import read_records
from creditapp.exceptions import BadTable

SEPARATORS = ",;\t|"
CHUNK = 1 << 20
LOOKED_AT = 1 << 18
LINES_TRIED = 200
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
WORKBOOKS = {b"PK\x03\x04": "an Excel workbook or a ZIP file", b"\xd0\xcf\x11\xe0": "an Excel file"}


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, and unpack it on the way if it is `.gz`."""
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path))
    return path.open("rb")


def encoding_of(path: Path) -> str:
    """The encoding of a text file: the first of the usual ones in which all its bytes are readable.

    Raises:
        BadTable: the file is empty or is not a text.
    """
    with open_bytes(path) as file:
        begin = file.read(LOOKED_AT)
    if not begin.strip():
        raise BadTable(f"{path}: the file is empty; the first line must hold the column names")
    for magic, what in WORKBOOKS.items():
        if begin.startswith(magic):
            raise BadTable(f"{path}: the file is {what}; save the table as CSV or Parquet")
    for mark, encoding in MARKS.items():
        if begin.startswith(mark):
            return encoding
    if b"\0" in begin:
        return _without_mark(path, begin)
    return next(name for name in ("utf-8", "cp1252", "latin-1") if _is_readable(path, name))


def _without_mark(path: Path, begin: bytes) -> str:
    """UTF-16 without its mark: in English text, every second byte is zero."""
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if begin[first::2].count(0) > len(begin) // 4 and _is_readable(path, encoding):
            return encoding
    raise BadTable(f"{path}: the file is not a text; accepted is CSV, .csv.gz or Parquet")


def _is_readable(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with open_bytes(path) as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def separator_and_header(path: Path, encoding: str) -> tuple[str, list[str]]:
    """The separator that gives most rows the cells of the header, and the header's cells as written.

    Raises:
        BadTable: no separator gives more than one column.
    """
    with open_bytes(path) as file:
        begin = file.read(LOOKED_AT).decode(encoding, "replace").removeprefix("\ufeff")
    tried = [(_fit(begin, separator), separator) for separator in SEPARATORS]
    (_, columns), separator = max(tried, key=lambda one: one[0])
    if columns < 2:
        raise BadTable(
            f"{path}: one column was found; the columns must be separated by a comma, a semicolon, "
            "a tab or a vertical bar"
        )
    return separator, next(_rows(begin, separator))


def refuse_broken_quotes(path: Path, encoding: str, separator: str, width: int) -> None:
    """Refuse a file with a quotation mark that is not closed, or not alone around its cell.

    Raises:
        BadTable: with the number of the first such line.
    """
    if not _has_quotes(path):
        return
    # why: Arrow would read such a row and all rows up to the next quotation mark as one cell.
    with open_bytes(path) as file, io.TextIOWrapper(file, encoding, newline="") as lines:
        for number, cells in read_records(lines, width, separator):
            if isinstance(cells, str):
                raise BadTable(f"{path}: line {number}: the row is not readable as CSV: {cells}")


def _has_quotes(path: Path) -> bool:
    # why: all encodings that are tried write the mark with the byte that ASCII has for it.
    with open_bytes(path) as file:
        return any(b'"' in chunk for chunk in iter(lambda: file.read(CHUNK), b""))


def _fit(begin: str, separator: str) -> tuple[float, int]:
    """The share of the first rows that are as long as the header, and the header's length."""
    rows = [row for _, row in zip(range(LINES_TRIED), _rows(begin, separator), strict=False)]
    if not rows or len(rows[0]) < 2:
        return 0.0, 1
    equal = sum(len(row) == len(rows[0]) for row in rows[1:-1] or rows[1:])
    return equal / max(1, len(rows[1:-1] or rows[1:])), len(rows[0])


def _rows(begin: str, separator: str) -> Iterator[list[str]]:
    try:
        lines = io.StringIO(begin, newline="")
        yield from (row for row in csv.reader(lines, delimiter=separator) if row)
    except csv.Error:
        return
