"""Tables of applications: CSV files, columns, and checks of whole columns."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from creditapp.applications.catalogue import Application, Catalogue, days_between
from creditapp.applications.csv_records import NOT_CLOSED, read_plain_records, read_records
from creditapp.applications.questions import Date, Question
from creditapp.columns import Column
from creditapp.exceptions import BadTable
from creditapp.phrases import Phrase, marked

LONGEST_REFERENCE = 64

Columns = Mapping[str, Sequence[Any]]


def columns_of(catalogue: Catalogue, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The features of complete rows of answers as columns; each column has one answer per row.

    A date becomes the number of days before the application.
    """
    names = catalogue.feature_names
    answers = zip(*map(catalogue.scored_answers, rows), strict=True) if rows else [()] * len(names)
    columns: dict[str, Sequence[Any]] = dict(zip(names, answers, strict=True))
    for question in catalogue.dates:
        columns[question.name] = [scored_answer(catalogue, question, row) for row in rows]
    return columns


def number_of(catalogue: Catalogue, question: Question, answers: Mapping[str, Any]) -> float | None:
    """The number of an answer that is no code; for a date, the days before the application.

    None if the answer stands for a missing value.
    """
    if question.is_missing(answers[question.name]):
        return None
    return scored_answer(catalogue, question, answers)  # type: ignore[no-any-return]


def scored_answer(catalogue: Catalogue, question: Question, answers: Mapping[str, Any]) -> Any:
    """An answer as columns hold it: a date is the number of days before the application."""
    answer, day = answers[question.name], catalogue.application_date
    if day is None or not isinstance(question, Date):
        return answer
    return days_before(question, answer, answers[day.name])


def days_before(question: Question, answer: Any, day: str) -> Any:
    """The days from a date to the application; a missing answer stays as it is."""
    return answer if question.is_missing(answer) else days_between(answer, day)


def is_reference(value: object) -> bool:
    """Whether a value is a valid reference: 1 to 64 printable characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_REFERENCE and value.isprintable()


def is_application(catalogue: Catalogue, row: Any) -> bool:
    """Whether one row is a valid application."""
    # why: for a single row, checking answer by answer is faster than building columns.
    if not _has_valid_keys(catalogue, row):
        return False
    for name, accepts in catalogue.checks:
        if not accepts(row.get(name)):
            return False
    return _has_valid_other_keys(catalogue, row)


def wrong_answers(question: Question, answers: Sequence[object]) -> list[int]:
    """The positions of the answers that a question does not accept."""
    wrong = Column.of(answers).where(lambda answer: not question.accepts(answer))
    return np.flatnonzero(wrong).tolist()


def _has_valid_keys(catalogue: Catalogue, row: object) -> bool:
    if not isinstance(row, dict):
        return False
    keys = row.keys()
    required = catalogue.required_keys
    return keys == required or (keys >= required and keys <= catalogue.allowed_keys)


def _has_valid_other_keys(catalogue: Catalogue, row: Any) -> bool:
    """Whether the other keys have valid values: the unscored questions and the reference."""
    if len(row) == len(catalogue.required_keys):
        return True
    if not all(
        question.accepts(row[question.name])
        for question in catalogue.recorded
        if question.name in row
    ):
        return False
    references = [row[key] for key in catalogue.reference_keys if key in row]
    return len(references) < 2 and all(map(is_reference, references))


def application_of(catalogue: Catalogue, row: Mapping[str, Any]) -> Application:
    """The application of a checked row; the answers keep the order of the row.

    Optional answers that the row leaves out become null. Where dates count in days before the
    application, a row without its day is an application of today.
    """
    answers = dict(row)
    references = [answers.pop(key) for key in catalogue.reference_keys if key in answers]
    for name in catalogue.optional:
        answers.setdefault(name)
    if catalogue.dates and catalogue.application_date:
        answers.setdefault(catalogue.application_date.name, today())
    return Application(answers, references[0] if references else None)


def today() -> str:
    """The day of an application that does not name its own."""
    return datetime.now(UTC).date().isoformat()


class Header:
    """The checked first line of a table: how the cells of each column are read."""

    def __init__(
        self, catalogue: Catalogue, cells: Sequence[str], extra: Sequence[Question] = ()
    ) -> None:
        """Check the column names; `extra` are required columns besides those of an application.

        Raises:
            BadTable: there are no names, or a column is missing, unknown or duplicated.
        """
        self.names = check_header(catalogue, cells, extra)
        readers = {
            **dict.fromkeys(catalogue.ignored),
            **catalogue.readers,
            **{question.name: question.from_cell for question in extra},
            **dict.fromkeys(catalogue.reference_keys, str),
        }
        self.readers = [readers[name] for name in self.names]

    def row_of(self, cells: list[str], line: int) -> dict[str, Any] | BadTable:
        """The answers of one line; blank cells are left out."""
        if len(cells) != len(self.names):
            return self.other_width(len(cells), line)
        return {
            name: read(cell)
            for name, read, cell in zip(self.names, self.readers, cells, strict=True)
            if cell and read and not cell.isspace()
        }

    def other_width(self, cells: int, line: int) -> BadTable:
        """What is wrong with a line of another number of cells than the header has."""
        return BadTable(
            marked("line %(line)s: the row has %(cells)s cells; the header has %(names)s"),
            line=line,
            cells=cells,
            names=len(self.names),
        )


def read_csv(
    catalogue: Catalogue,
    lines: Iterable[str],
    extra: Sequence[Question] = (),
    delimiter: str = ",",
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a CSV file, each with its line number; blank cells are left out.

    `extra` are required columns besides those of an application.

    Raises:
        BadTable: the file is empty; a column is missing, unknown or duplicated; or a row is not
            readable or has the wrong number of cells.
    """
    lines = iter(lines)
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    try:
        header = Header(catalogue, next(reader, []), extra)
    except csv.Error as error:
        raise _unreadable(reader.line_num, error) from error
    for line, row in read_csv_rows(lines, header, reader.line_num, delimiter):
        if isinstance(row, BadTable):
            raise row
        yield line, row


def read_csv_rows(
    lines: Iterable[str],
    header: Header,
    lines_before: int,
    delimiter: str = ",",
    *,
    is_plain: bool = False,
) -> Iterator[tuple[int, dict[str, Any] | BadTable]]:
    """Read rows with their line numbers in the file; `lines_before` lines of the file were read already.

    `is_plain` says that no line has a quotation mark, which is faster. A row of several lines has the
    number of its last line. For a row that cannot be read, the exception is yielded in its place.
    """
    if is_plain:
        records = read_plain_records(lines, delimiter)
    else:
        records = read_records(lines, len(header.names), delimiter)
    for number, cells in records:
        line = lines_before + number
        if isinstance(cells, str):
            yield line, _unreadable(line, cells)
        else:
            yield line, header.row_of(cells, line)


def check_header(
    catalogue: Catalogue, cells: Sequence[str], extra: Sequence[Question] = ()
) -> list[str]:
    """Check the column names of a table, and return them without surrounding blanks.

    Raises:
        BadTable: there are no names, or a column is missing, unknown or duplicated.
    """
    header = [name.strip() for name in cells]
    if not any(header):
        raise BadTable(marked("the file is empty; the first line must hold the column names"))
    required = [name for name in catalogue.feature_names if name in catalogue.required_keys]
    for name in dict.fromkeys([*required, *(question.name for question in extra)]):
        if name not in header:
            present = ", ".join(header)[:100]
            raise BadTable(
                marked('the column "%(name)s" is missing; the first line holds: %(present)s'),
                name=name,
                present=present,
            )
    known = {*catalogue.allowed_keys, *catalogue.ignored, *(question.name for question in extra)}
    for name in header:
        if name not in known:
            raise BadTable(marked('the column "%(name)s" is not known; remove it'), name=name)
        if header.count(name) > 1:
            raise BadTable(
                marked('the column "%(name)s" appears more than once; keep one'), name=name
            )
    return header


def _unreadable(line: int, error: object) -> BadTable:
    return BadTable(
        marked("line %(line)s: the row is not readable as CSV: %(problem)s"),
        line=line,
        problem=Phrase(NOT_CLOSED, {}) if error == NOT_CLOSED else str(error),
    )
