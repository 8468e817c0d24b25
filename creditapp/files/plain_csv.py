"""Reads a section of a CSV file whose lines are all rows by themselves, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as arrow_csv

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.table import Header
from creditapp.exceptions import BadTable
from creditapp.files.csv_file import Section, read_head, read_section

LONGEST_PLAIN = 131_072
"""A longer line may have a cell that is too long, or none."""

CELLS = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class PlainRows:
    """The rows of a section: their lines in the file, and their cells by column, each text once.

    A line with another number of cells is unreadable.
    """

    header: Header
    numbers: npt.NDArray[np.int64]
    columns: Sequence[Any]
    unreadable: Sequence[tuple[int, BadTable]]


def read(catalogue: Catalogue, path: Path, section: Section) -> PlainRows | None:
    """Read a section; none if it has to be read row by row: see `_is_plain`.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    head = read_head(catalogue, path)
    block = read_section(path, section)
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lengths = _lengths(block)
    if not _is_plain(block, lengths, head.width, head.delimiter):
        return None
    odd: list[Any] = []
    table = _parse(block, head.header.names, head.delimiter, odd)
    rows = np.delete(np.arange(len(lengths)), [row.number - 1 for row in odd])
    # why: an empty line is no row, and is parsed as a row of empty cells.
    filled = lengths[rows] > 0
    unreadable = [_unreadable(head.header, section, row) for row in odd]
    chunks = [_chunk(column, filled) for column in table.columns]
    return PlainRows(head.header, rows[filled] + section.before + 1, chunks, unreadable)


def _lengths(block: bytes) -> npt.NDArray[np.int64]:
    """The length of each line, without its end."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    return np.diff(ends, prepend=-1) - 1


def _is_plain(block: bytes, lengths: npt.NDArray[np.int64], width: int, delimiter: str) -> bool:
    """Whether every line is a row: there are no quotation marks, and the text is UTF-8."""
    # why: the parser takes an empty line of one column for a row, and cells of any length.
    if b'"' in block or width < 2 or not delimiter.isascii() or lengths.max() > LONGEST_PLAIN:
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parse(block: bytes, names: Sequence[str], delimiter: str, odd: list[Any]) -> pa.Table:
    """The cells of all lines but those with another number of cells, which are added to `odd`."""

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"

    return arrow_csv.read_csv(
        pa.BufferReader(block),
        arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
        arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char=False,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, CELLS), strings_can_be_null=False
        ),
    )


def _chunk(column: Any, filled: npt.NDArray[np.bool_]) -> Any:
    chunk = column.combine_chunks()
    if filled.all():
        return chunk
    # why: a filtered dictionary keeps the values that stood in other rows alone.
    return chunk.filter(pa.array(filled)).dictionary_decode().dictionary_encode()


def _unreadable(header: Header, section: Section, row: Any) -> tuple[int, BadTable]:
    line = section.before + row.number
    return line, header.other_width(row.actual_columns, line)
