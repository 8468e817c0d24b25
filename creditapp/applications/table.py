"""Tables of applications: CSV files, columns, and checks of whole columns."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from creditapp.applications.catalogue import Application, Catalogue, days_between
from creditapp.applications.csv_records import NOT_CLOSED, read_plain_records, read_records
from creditapp.applications.questions import Choice, Date, Numeric, Question
from creditapp.exceptions import BadTable
from creditapp.phrases import Phrase, marked

LONGEST_REFERENCE = 64

Columns = Mapping[str, Sequence[Any]]


def columns_of(catalogue: Catalogue, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The features of complete rows of answers as columns; each column has one answer per row.

    A date becomes the number of days before the application.
    """
    columns = _columns(catalogue, rows)
    for question in catalogue.dates:
        days = [_days(question, row, catalogue) for row in rows]
        columns[question.name] = days
    return columns


def _columns(catalogue: Catalogue, rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """The columns of rows that have every feature."""
    names = catalogue.feature_names
    columns = zip(*map(catalogue.scored_answers, rows), strict=True) if rows else [()] * len(names)
    return dict(zip(names, columns, strict=True))


def number_of(catalogue: Catalogue, question: Question, answers: Mapping[str, Any]) -> float | None:
    """The number of an answer that is no code; for a date, the days before the application.

    None if the answer stands for a missing value.
    """
    answer = answers[question.name]
    if question.is_missing(answer):
        return None
    if isinstance(question, Date):
        return _days(question, answers, catalogue)  # type: ignore[no-any-return]
    return answer  # type: ignore[no-any-return]


def _days(question: Question, row: Mapping[str, Any], catalogue: Catalogue) -> Any:
    """The days from a date to the application; a missing answer stays as it is."""
    answer = row[question.name]
    day = catalogue.application_date
    if day is None or question.is_missing(answer):
        return answer
    return days_between(answer, row[day.name])


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


def wrong_rows(catalogue: Catalogue, rows: Sequence[object]) -> set[int]:
    """The positions of the rows that are not valid applications.

    The check accepts exactly what the schema accepts, and is faster for many rows.
    """
    wrong = {place for place, row in enumerate(rows) if not _has_valid_keys(catalogue, row)}
    right = [place for place in range(len(rows)) if place not in wrong]
    columns = _columns(catalogue, [completed(catalogue, rows[place]) for place in right])
    for question in catalogue.features:
        places = wrong_answers(question, columns[question.name])
        wrong.update(right[place] for place in places)
    return wrong.union(
        place for place in right if not _has_valid_other_keys(catalogue, rows[place])
    )


def completed(catalogue: Catalogue, row: Any) -> Any:
    """A row with null for each optional answer that it leaves out."""
    left_out = [name for name in catalogue.optional if name not in row]
    return {**row, **dict.fromkeys(left_out)} if left_out else row


def wrong_answers(question: Question, answers: Sequence[object]) -> list[int]:
    """The positions of the answers that a question does not accept."""
    # why: most columns are right as a whole, and the check of a column is fast.
    if _all_accepted(question, answers):
        return []
    return [place for place, answer in enumerate(answers) if not question.accepts(answer)]


def _all_accepted(question: Question, answers: Sequence[Any]) -> bool:
    types = set(map(type, answers))
    match question:
        case Numeric(integer=True, minimum=low, maximum=high, above_minimum=False):
            inside = types <= {int} and (not answers or low <= min(answers) <= max(answers) <= high)
            return inside and not question.below_maximum
        case Numeric(minimum=low, maximum=high, above_minimum=True, below_maximum=False):
            # why: min() and max() give wrong results if a value is NaN.
            numbers = {int} if question.integer else {int, float}
            return types <= numbers and all(low < answer <= high for answer in answers)
        case Choice():
            return types <= {question.code_type} and set(answers) <= set(question.values)
    return False


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
        answers.setdefault(catalogue.application_date.name, _today())
    return Application(answers, references[0] if references else None)


def _today() -> str:
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
            return BadTable(
                marked("line %(line)s: the row has %(cells)s cells; the header has %(names)s"),
                line=line,
                cells=len(cells),
                names=len(self.names),
            )
        return {
            name: read(cell)
            for name, read, cell in zip(self.names, self.readers, cells, strict=True)
            if cell and read and not cell.isspace()
        }


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
