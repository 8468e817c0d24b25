"""Tables of applications: CSV files, columns, and checks of whole columns."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeGuard

from creditapp.applications.catalogue import (
    FEATURE_NAMES,
    FEATURES,
    RECORDED,
    Application,
    Feature,
    Numeric,
    answer_from_text,
)
from creditapp.exceptions import BadTable

REQUIRED = frozenset(FEATURE_NAMES)
ALLOWED = REQUIRED | {question.name for question in RECORDED}
REFERENCE = "reference"
LONGEST_REFERENCE = 64
SHORT = 32

Columns = Mapping[str, Sequence[Any]]

_scored_answers = itemgetter(*FEATURE_NAMES)


def columns_of(applications: Sequence[Application]) -> Columns:
    """The scored features as columns; each column has one answer per application."""
    return _columns([application.answers for application in applications])


def _columns(rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """The columns of rows that have every feature."""
    columns = zip(*map(_scored_answers, rows), strict=True) if rows else [()] * len(FEATURES)
    return dict(zip(FEATURE_NAMES, columns, strict=True))


def is_reference(value: object) -> bool:
    """Whether a value is a valid reference: 1 to 64 printable characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_REFERENCE and value.isprintable()


def is_application(row: object) -> TypeGuard[dict[str, Any]]:
    """Whether one row is a valid application."""
    # why: for a single row, checking answer by answer is faster than building columns.
    return (
        _has_valid_keys(row)
        and all(question.accepts(row[question.name]) for question in FEATURES)
        and _has_valid_optional_keys(row)
    )


def wrong_rows(rows: Sequence[object]) -> set[int]:
    """The positions of the rows that are not valid applications.

    The check accepts exactly what the schema accepts, and is faster for many rows.
    """
    wrong = {position for position, row in enumerate(rows) if not _has_valid_keys(row)}
    complete = [position for position in range(len(rows)) if position not in wrong]
    columns = _columns([rows[position] for position in complete])
    for question in FEATURES:
        places = wrong_answers(question, columns[question.name])
        wrong.update(complete[place] for place in places)
    return wrong.union(place for place in complete if not _has_valid_optional_keys(rows[place]))


def wrong_answers(question: Feature, answers: Sequence[object]) -> list[int]:
    """The positions of the answers that a question does not accept."""
    # why: most columns are right as a whole, and the check of a column is fast.
    if _all_accepted(question, answers):
        return []
    return [place for place, answer in enumerate(answers) if not question.accepts(answer)]


def _all_accepted(question: Feature, answers: Sequence[Any]) -> bool:
    types = set(map(type, answers))
    match question:
        case Numeric(integer=True, minimum=low, maximum=high):
            return types <= {int} and (not answers or low <= min(answers) <= max(answers) <= high)
        case Numeric(minimum=low, maximum=high):
            # why: min() and max() give wrong results if a value is NaN.
            return types <= {int, float} and all(low < answer <= high for answer in answers)
        case _:
            return types <= {str} and set(answers) <= set(question.values)


def _has_valid_keys(row: object) -> TypeGuard[dict[str, Any]]:
    if not isinstance(row, dict):
        return False
    keys = row.keys()
    return keys == REQUIRED or (keys >= REQUIRED and keys <= ALLOWED | {REFERENCE})


def _has_valid_optional_keys(row: Any) -> bool:
    """Whether the optional keys have valid values: the unscored questions and the reference."""
    if len(row) == len(REQUIRED):
        return True
    recorded = all(
        question.accepts(row[question.name]) for question in RECORDED if question.name in row
    )
    return recorded and (REFERENCE not in row or is_reference(row[REFERENCE]))


def application_of(row: Mapping[str, Any]) -> Application:
    """The application of a checked row; the answers keep the order of the row."""
    answers = dict(row)
    reference = answers.pop(REFERENCE, None)
    return Application(answers, reference)


def read_csv(
    lines: Iterable[str], extra_columns: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a CSV file, each with its line number; blank cells are left out.

    `extra_columns` names required columns besides the 19 features.

    Raises:
        BadTable: the file is empty; a column is missing, unknown or duplicated; or a row is not
            readable or has the wrong number of cells.
    """
    lines = iter(lines)
    reader = csv.reader(lines, strict=True)
    try:
        header = check_header(next(reader, []), extra_columns)
    except csv.Error as error:
        raise _unreadable(reader.line_num, error) from error
    for line, row in read_csv_rows(lines, header, reader.line_num):
        if isinstance(row, BadTable):
            raise row
        yield line, row


def read_csv_rows(
    lines: Iterable[str], header: Sequence[str], lines_before: int
) -> Iterator[tuple[int, dict[str, Any] | BadTable]]:
    """Read rows with their line numbers in the file; `lines_before` lines of the file were read already.

    For a row that cannot be read, the exception is yielded in its place.
    """
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            line = lines_before + reader.line_num
            yield line, _unreadable(line, error)
            continue
        if cells is None:
            return
        if cells:
            line = lines_before + reader.line_num
            yield line, _row_of(header, cells, line)


def check_header(cells: Sequence[str], extra_columns: Sequence[str] = ()) -> list[str]:
    """Check the column names of a table, and return them without surrounding blanks.

    Raises:
        BadTable: there are no names, or a column is missing, unknown or duplicated.
    """
    header = [name.strip() for name in cells]
    if not any(header):
        raise BadTable("the file is empty; the first line must hold the column names")
    for name in [*FEATURE_NAMES, *extra_columns]:
        if name not in header:
            present = ", ".join(header)[:100]
            raise BadTable(f'the column "{name}" is missing; the first line holds: {present}')
    for name in header:
        if name not in {*ALLOWED, REFERENCE, *extra_columns}:
            raise BadTable(f'the column "{name}" is not known; remove it')
        if header.count(name) > 1:
            raise BadTable(f'the column "{name}" appears more than once; keep one')
    return header


def _row_of(header: Sequence[str], cells: list[str], line: int) -> dict[str, Any] | BadTable:
    if len(cells) != len(header):
        return BadTable(
            f"line {line}: the row has {len(cells)} cells; the header has {len(header)}"
        )
    row = {
        name: _short_answer(cell) if len(cell) <= SHORT else answer_from_text(cell)
        for name, cell in zip(header, cells, strict=True)
        if cell and not cell.isspace()
    }
    if REFERENCE in row:
        row[REFERENCE] = cells[header.index(REFERENCE)]
    return row


_short_answer = lru_cache(maxsize=10_000)(answer_from_text)
"""Most cells of a table are short and repeat, so the answers of short cells are cached."""


def _unreadable(line: int, error: csv.Error) -> BadTable:
    return BadTable(f"line {line}: the row is not readable as CSV: {error}")
