"""CSV files, and checks of whole tables."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creditapp.applications.application_table import wrong_rows
from creditapp.applications.schemas import schema_of
from creditapp.applications.table import (
    application_of,
    columns_of,
    is_application,
    read_csv,
)
from creditapp.exceptions import BadTable
from tests import mixed
from tests.mixed import MIXED
from tests.portfolios import EXAMPLE, GERMAN

HEADER = list(EXAMPLE)
ROW = [str(answer) for answer in EXAMPLE.values()]


def text(*rows: list[str]) -> io.StringIO:
    """Rows as a CSV file."""
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    file.seek(0)
    return file


def test_row_is_read_with_its_line_number() -> None:
    """Numbers become numbers, codes stay text, and blanks around column names are removed."""
    padded = [f" {name} " for name in HEADER]
    assert list(read_csv(GERMAN, text(padded, ROW))) == [(2, EXAMPLE)]


def test_blank_lines_and_blank_cells_are_left_out() -> None:
    """A blank cell gives a row without that answer."""
    [(line, row)] = read_csv(GERMAN, text(HEADER, [], [" ", *ROW[1:]]))
    assert line == 3
    assert HEADER[0] not in row


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the file is empty"),
        ([HEADER[1:], ROW[1:]], 'the column "Duration in month" is missing'),
        ([[*HEADER, "Shoe size"], [*ROW, "44"]], 'the column "Shoe size" is not known'),
        (
            [[*HEADER, HEADER[0]], [*ROW, ROW[0]]],
            'the column "Duration in month" appears more than once',
        ),
        ([HEADER, ROW[1:]], "line 2: the row has 18 cells; the header has 19"),
    ],
)
def test_unreadable_table_is_refused_with_the_reason(rows: list[list[str]], message: str) -> None:
    """The message names the line or the column."""
    with pytest.raises(BadTable, match=message):
        list(read_csv(GERMAN, text(*rows)))


def test_positions_of_wrong_rows_are_returned() -> None:
    """Values that are not objects, missing keys, wrong answers and wrong references are all reported."""
    short = dict(list(EXAMPLE.items())[1:])
    rows = [
        EXAMPLE,
        None,
        {**EXAMPLE, "Age in years": 17},
        EXAMPLE,
        short,
        {**EXAMPLE, "reference": ""},
    ]
    assert wrong_rows(GERMAN, rows) == {1, 2, 4, 5}


def test_a_row_that_is_no_csv_is_named_by_its_line_in_the_file() -> None:
    """The header is the first line."""
    lines = [",".join(HEADER) + "\n", ",".join(ROW) + "\n", '"24"x' + "," * 18 + "\n"]
    with pytest.raises(BadTable, match="line 3: the row is not readable as CSV"):
        list(read_csv(GERMAN, lines))


def test_a_boolean_among_numbers_is_no_amount() -> None:
    """Python counts true as 1."""
    rows = [{**EXAMPLE, "Credit amount": amount} for amount in (1000, 1000.5, True)]
    assert wrong_rows(GERMAN, rows) == {2}


def test_a_date_is_the_number_of_days_before_the_application() -> None:
    """By hand: 2024 was a leap year; a missing date stays as it is."""
    days = [("2024-02-28", 2), ("2024-03-01", 0), ("2023-03-01", 366), ("2024-03-02", -1)]
    rows = [{**mixed.EXAMPLE, "applied": "2024-03-01", "hired": hired} for hired, _ in days]
    missing = [{**mixed.EXAMPLE, "hired": code} for code in (None, "never")]
    columns = columns_of(MIXED, [*rows, *missing])
    assert columns["hired"] == [*(count for _, count in days), None, "never"]
    assert set(columns) == set(MIXED.feature_names)


def test_what_may_be_left_out_is_completed() -> None:
    """Null for optional answers, today for the day of the application; recorded answers stay away."""
    required = {name: mixed.EXAMPLE[name] for name in ("age", "grade", "region", "owner", "born")}
    application = application_of(MIXED, required)
    left_out = ("income", "savings", "school", "work", "married", "hired")
    today = datetime.now(UTC).date()
    applied = application.answers["applied"]
    assert applied in (today.isoformat(), (today - timedelta(days=1)).isoformat())
    assert application.answers == {**required, **dict.fromkeys(left_out), "applied": applied}
    assert application.reference is None
    assert is_application(MIXED, required)


def test_a_reference_has_the_name_of_its_column_or_the_usual_one() -> None:
    """But not both."""
    for key in ("reference", "loan"):
        given = {**mixed.EXAMPLE, key: "42"}
        assert is_application(MIXED, given)
        assert application_of(MIXED, given).reference == "42"
        assert key not in application_of(MIXED, given).answers
    assert not is_application(MIXED, {**mixed.EXAMPLE, "reference": "42", "loan": "42"})


@pytest.mark.parametrize(
    ("changes", "is_right"),
    [
        ({"income": None}, True),
        ({"income": -1}, True),
        ({"income": -1.0}, True),
        ({"income": 0}, False),
        ({"hired": "never"}, True),
        ({"hired": "31.12.2024"}, False),
        ({"grade": -9}, True),
        ({"grade": None}, False),
        ({"married": None}, True),
        ({"married": 1}, False),
        ({"region": 20.0}, False),
        ({"applied": "2025-13-01"}, False),
        ({"note": None}, True),
        ({"paid": True}, False),
    ],
)
def test_rows_with_missing_answers_are_checked_alike_one_by_one_and_together(
    changes: dict[str, Any], is_right: bool
) -> None:
    """A single row, a table among right rows, and the schema agree."""
    row = {**mixed.EXAMPLE, **changes}
    assert is_application(MIXED, row) is is_right
    assert (wrong_rows(MIXED, [mixed.EXAMPLE, row, mixed.EXAMPLE]) == set()) is is_right
    assert (not schema_of(MIXED).validate(row)) is is_right
