"""The rows of a part of a file as a table of applications, and those that cannot be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditapp.applications.application_table import ABSENT, ApplicationTable
from creditapp.applications.catalogue import Catalogue
from creditapp.columns import Column
from creditapp.exceptions import BadTable
from creditapp.files import formats, plain_csv
from creditapp.files.csv_file import Section
from creditapp.files.formats import Part, format_of
from creditapp.files.parquet_columns import answers_of

Numbers = npt.NDArray[np.int64]
"""The line of the file in CSV, and the row of the file in Parquet; shape (rows,)."""


@dataclass(frozen=True)
class PartTable:
    """The readable rows of a part with their numbers, and why the other rows cannot be read."""

    numbers: Numbers
    applications: ApplicationTable
    unreadable: Sequence[tuple[int, BadTable]] = ()


def read_table(catalogue: Catalogue, path: Path, part: Part) -> PartTable:
    """Read a part: the same rows as `formats.rows_of`.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    if format_of(path) == "parquet":
        return _parquet_table(catalogue, path, part)
    plain = plain_csv.read(catalogue, path, Section(part.begin, part.end, part.before))
    return _plain_table(catalogue, plain) if plain else _table_of_rows(catalogue, path, part)


def _plain_table(catalogue: Catalogue, plain: plain_csv.PlainRows) -> PartTable:
    given = {
        name: _column(column, read)
        for name, read, column in zip(
            plain.header.names, plain.header.readers, plain.columns, strict=True
        )
        if read
    }
    table = ApplicationTable.of_columns(catalogue, given, len(plain.numbers))
    return PartTable(plain.numbers, table, plain.unreadable)


def _column(column: Any, read: Callable[[str], Any]) -> Column:
    """The answers of the cells of a column; a blank cell gives none."""
    cells = Column(column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.intp))
    return cells.each(lambda cell: read(cell) if cell and not cell.isspace() else ABSENT)


def _table_of_rows(catalogue: Catalogue, path: Path, part: Part) -> PartTable:
    """The table of a part that is read row by row, because some of its lines are no rows by themselves."""
    rows, unreadable = [], []
    for number, row in formats.rows_of(catalogue, path, part):
        if isinstance(row, BadTable):
            unreadable.append((number, row))
        else:
            rows.append((number, row))
    table = ApplicationTable.of_rows(catalogue, [row for _, row in rows])
    return PartTable(np.array([number for number, _ in rows], np.int64), table, unreadable)


def _parquet_table(catalogue: Catalogue, path: Path, part: Part) -> PartTable:
    columns = formats.parquet_columns_of(catalogue, path, part)
    given = {name: _answers(catalogue, name, column) for name, column in columns.items()}
    rows = part.end - part.begin
    table = ApplicationTable.of_columns(catalogue, given, rows)
    return PartTable(np.arange(part.before + 1, part.before + 1 + rows), table)


def _answers(catalogue: Catalogue, name: str, column: Any) -> Column:
    """The answers of a column; a null is none."""
    values = column.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        encoded = values.dictionary_encode(null_encoding="encode")
    except pa.ArrowNotImplementedError:
        answers = Column.of(answers_of(catalogue, name, values))
    else:
        places = encoded.indices.to_numpy().astype(np.intp)
        answers = Column(answers_of(catalogue, name, encoded.dictionary), places)
    return answers.each(lambda answer: ABSENT if answer is None else answer)
