"""Columns: from CSV and from many applications at once, with checks over a whole column."""

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
    """The scored features as columns, each with one answer per application."""
    return _columns([application.answers for application in applications])


def _columns(rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """Mappings that hold every feature, turned into columns."""
    columns = zip(*map(_scored_answers, rows), strict=True) if rows else [()] * len(FEATURES)
    return dict(zip(FEATURE_NAMES, columns, strict=True))


def is_reference(value: object) -> bool:
    """Whether a value can be a client's own identifier: 1 to 64 printable characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_REFERENCE and value.isprintable()


def is_application(row: object) -> TypeGuard[dict[str, Any]]:
    """Whether one row is an application; for one, its answers one by one take less than columns."""
    return (
        _has_the_right_keys(row)
        and all(question.accepts(row[question.name]) for question in FEATURES)
        and _has_a_right_rest(row)
    )


def wrong_rows(rows: Sequence[object]) -> set[int]:
    """The positions of all rows that are no application; as strict as the schema, but for whole tables."""
    wrong = {position for position, row in enumerate(rows) if not _has_the_right_keys(row)}
    sound = [position for position in range(len(rows)) if position not in wrong]
    columns = _columns([rows[position] for position in sound])
    for question in FEATURES:
        places = wrong_answers(question, columns[question.name])
        wrong.update(sound[place] for place in places)
    return wrong.union(place for place in sound if not _has_a_right_rest(rows[place]))


def wrong_answers(question: Feature, answers: Sequence[object]) -> list[int]:
    """The positions of the answers that a question does not accept, found column-wise where all are right."""
    if _all_accepted(question, answers):
        return []
    return [place for place, answer in enumerate(answers) if not question.accepts(answer)]


def _all_accepted(question: Feature, answers: Sequence[Any]) -> bool:
    types = set(map(type, answers))
    match question:
        case Numeric(integer=True, minimum=low, maximum=high):
            return types <= {int} and (not answers or low <= min(answers) <= max(answers) <= high)
        case Numeric(minimum=low, maximum=high):  # one by one, as NaN has no place in an order
            return types <= {int, float} and all(low < answer <= high for answer in answers)
        case _:
            return types <= {str} and set(answers) <= set(question.values)


def _has_the_right_keys(row: object) -> TypeGuard[dict[str, Any]]:
    if not isinstance(row, dict):
        return False
    keys = row.keys()
    return keys == REQUIRED or (keys >= REQUIRED and keys <= ALLOWED | {REFERENCE})


def _has_a_right_rest(row: Any) -> bool:
    """The keys that may be left out: what is recorded but not scored, and the reference."""
    if len(row) == len(REQUIRED):
        return True
    recorded = all(
        question.accepts(row[question.name]) for question in RECORDED if question.name in row
    )
    return recorded and (REFERENCE not in row or is_reference(row[REFERENCE]))


def application_of(row: Mapping[str, Any]) -> Application:
    """An application out of a checked row, its answers in the order they were given."""
    answers = dict(row)
    reference = answers.pop(REFERENCE, None)
    return Application(answers, reference)


def read_csv(
    lines: Iterable[str], also: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a CSV file, each with its line number; cells are read as answers, blank ones left out.

    `also` names columns that must be there beside the 19 features.

    Raises:
        BadTable: the file is empty, a column is missing, unknown or there twice, or a row is cut.
    """
    lines = iter(lines)
    reader = csv.reader(lines, strict=True)
    try:
        header = checked_header(next(reader, []), also)
    except csv.Error as error:
        raise _unreadable(reader.line_num, error) from error
    for line, row in csv_rows(lines, header, reader.line_num):
        if isinstance(row, BadTable):
            raise row
        yield line, row


def csv_rows(
    lines: Iterable[str], header: Sequence[str], before: int
) -> Iterator[tuple[int, dict[str, Any] | BadTable]]:
    """Rows with their line numbers in the file, of which so many lines went before.

    In the place of one that cannot be read stands what is wrong with it.
    """
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            line = before + reader.line_num
            yield line, _unreadable(line, error)
            continue
        if cells is None:
            return
        if cells:
            line = before + reader.line_num
            yield line, _row_of(header, cells, line)


def checked_header(cells: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """The names of a table's columns, without the blanks around them.

    Raises:
        BadTable: there are none, or a column is missing, unknown or there twice.
    """
    header = [name.strip() for name in cells]
    if not any(header):
        raise BadTable("the file is empty; a line with the column names is expected first")
    for name in [*FEATURE_NAMES, *also]:
        if name not in header:
            found = ", ".join(header)[:100]
            raise BadTable(f'the column "{name}" is missing; the first line holds: {found}')
    for name in header:
        if name not in {*ALLOWED, REFERENCE, *also}:
            raise BadTable(f'the column "{name}" is not known')
        if header.count(name) > 1:
            raise BadTable(f'the column "{name}" is there twice')
    return header


def _row_of(header: Sequence[str], cells: list[str], line: int) -> dict[str, Any] | BadTable:
    if len(cells) != len(header):
        return BadTable(f"line {line}: {len(cells)} cells; {len(header)} are expected")
    row = {
        name: _short_answer(cell) if len(cell) <= SHORT else answer_from_text(cell)
        for name, cell in zip(header, cells, strict=True)
        if cell and not cell.isspace()
    }
    if REFERENCE in row:
        row[REFERENCE] = cells[header.index(REFERENCE)]
    return row


_short_answer = lru_cache(maxsize=10_000)(answer_from_text)
"""The cells of a table are short and much alike, and so are read once."""


def _unreadable(line: int, error: csv.Error) -> BadTable:
    return BadTable(f"line {line}: not readable as CSV: {error}")
