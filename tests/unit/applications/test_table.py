"""CSV files, and checks of whole tables."""

import csv
import io

import pytest

from creditapp.applications.table import read_csv, wrong_rows
from creditapp.exceptions import BadTable
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
        ([HEADER, ROW[1:]], "line 2: the row has 19 cells; the header has 20"),
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
