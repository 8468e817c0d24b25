"""Rows of CSV text: which lines make a row, and what a broken one costs."""

import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creditapp.applications import csv_records
from creditapp.applications.csv_records import (
    NOT_CLOSED,
    is_whole_row,
    read_plain_records,
    read_records,
)

CELL = r'(?:"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)'
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

Records = list[tuple[int, list[str] | None]]

texts = st.text(st.sampled_from('a",\n\r\x00\x0c\x1a\x85\u2028é'), max_size=60)
pieces = st.sampled_from(
    [
        "a,b\n",
        'a,"b\n',
        'a",b\r',
        '"a\r\nb",c\n',
        '"a","b"\r\n',
        'a""b,c\n',
        "\n",
        'a,"b,"\n',
        "a\n",
    ]
)
files = texts | st.lists(pieces, max_size=12).map("".join)


def read(text: str, width: int) -> Records:
    """The numbers and cells of the rows; none for a wrong row."""
    lines = io.StringIO(text, newline="")
    return [
        (number, cells if isinstance(cells, list) and len(cells) == width else None)
        for number, cells in read_records(lines, width, ",")
    ]


def expect(text: str, width: int) -> Records:
    """The rule of `docs/files.md`, with patterns in place of a reader."""
    row = re.compile(rf"{CELL}(?:,{CELL}){{{width - 1}}}(?:\r\n|\r|\n)?")
    lines = LINE.findall(text)
    whole = [
        bool(line.strip("\r\n") and row.fullmatch(line) and line.count('"') % 2 == 0)
        for line in lines
    ]
    found: Records = []
    place = 0
    while place < len(lines):
        end = place + 1
        while end < len(lines) and not row.fullmatch("".join(lines[place:end])) and not whole[end]:
            end += 1
        joined = "".join(lines[place:end])
        if not lines[place].strip("\r\n"):
            end = place + 1
        elif row.fullmatch(joined):
            found.append((end, cells_of(joined)))
        else:
            end = place + 1
            found.append((end, None))
        place = end
    return found


def cells_of(row: str) -> list[str]:
    """The cells of a row that is right."""
    body = re.sub(r"(?:\r\n|\r|\n)\Z", "", row)
    cells = re.findall(rf"({CELL})(?:,|\Z)", body)
    if not body.endswith(",") and len(cells) > 1 and cells[-1] == "":
        cells.pop()
    return [one[1:-1].replace('""', '"') if one.startswith('"') else one for one in cells]


@given(files, st.integers(1, 4))
@example('a,"b\nc,d\ne,f\n', 2)
@example('5",a,"b\n5",a,"b\n5",a,"b\n', 3)
def test_rows_are_those_of_the_rule(text: str, width: int) -> None:
    """Whatever the text: numbers, cells, and which rows are wrong."""
    assert read(text, width) == expect(text, width)


@given(files.map(lambda text: text.replace('"', "")), st.integers(1, 4))
@example("a,b\n" + "x" * 200_000 + ",b\n\na,b", 2)
def test_lines_without_quotation_marks_are_read_alike(text: str, width: int) -> None:
    """By the faster reader too: each line is a row."""
    general = read_records(io.StringIO(text, newline=""), width, ",")
    assert list(read_plain_records(io.StringIO(text, newline=""), ",")) == list(general)


@pytest.mark.parametrize("broken", ['"c,d\n', 'c,"d\n', '"c"x,d\n', "c\n", "c,d,e\n", "c\x00\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_broken_row_costs_itself_alone(broken: str, end: str) -> None:
    """The rows before and after it are read, and it has its own number."""
    text = ("a,b\n" * 3 + broken + "a,b\n" * 5000).replace("\n", end)
    rows = read(text, 2)
    assert [number for number, cells in rows if cells is None] == [4]
    assert [number for number, _ in rows] == list(range(1, 5005))


def test_all_line_ends_are_line_ends_and_nothing_else_is() -> None:
    """Form feed, U+0085, U+2028 and Ctrl-Z are characters; inside quotation marks all are."""
    text = 'a,\x0cb\rc,\u2028d\r\ne,\x85f\n\ng,"h\r\n\ri"\r\x1a,j'
    assert read(text, 2) == [
        (1, ["a", "\x0cb"]),
        (2, ["c", "\u2028d"]),
        (3, ["e", "\x85f"]),
        (7, ["g", "h\r\n\ri"]),
        (8, ["\x1a", "j"]),
    ]


def test_a_quoted_cell_may_have_many_lines_with_doubled_marks() -> None:
    """More than there are columns."""
    cell = "\n".join(f'line {n}, ""quoted""' for n in range(500))
    assert [number for number, _ in read(f'a,"{cell}",b,c\na,b,c,d\n', 4)] == [500, 501]


def test_an_unclosed_quotation_mark_is_named() -> None:
    """Before a whole row, at the end of the text, and where joined lines give no row."""
    lines = ['a,"b\n', "c,d\n", 'e,"f\n', 'g"\n', 'h,"i']
    faults = [cells for _, cells in read_records(lines, 2, ",") if isinstance(cells, str)]
    assert faults == [NOT_CLOSED] * 2
    assert [cells for _, cells in read_records(lines, 2, ",")][2] == ["e", "f\ng"]


def test_a_cell_that_is_too_long_costs_its_row_alone() -> None:
    """The limit is that of Python's reader."""
    text = "a,b\n" + "x" * 200_000 + ',b\na,"' + "y\n" * 100_000 + '"\na,b\n'
    rows = read(text, 2)
    assert [number for number, cells in rows if cells] == [1, 100_004]
    assert len(rows) == 2 + 1 + 100_001


def test_no_line_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most as often as there are columns, also where each line closes a mark and opens another."""
    looked_at = 0

    def look(line: str, width: int, delimiter: str) -> bool:
        nonlocal looked_at
        looked_at += 1
        return is_whole_row(line, width, delimiter)

    monkeypatch.setattr(csv_records, "is_whole_row", look)
    assert len(read('5",a,"b\n' * 2000, 3)) == 2000
    assert looked_at <= 3 * 2000
