"""CSV files: sections have the rows of the whole file, and what is no text is refused."""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.exceptions import BadTable
from creditapp.files import csv_file
from creditapp.files.csv_file import rows_of, sections_of
from tests.lent import LOANS

WHOLE = 10**9
HEAD = b"use;owner\r"

lines = st.sampled_from(
    [
        b"Auto;y",
        "Möbel;n".encode(),
        "Möbel;n".encode("latin-1"),
        b"Auto",
        b"Auto;y;n",
        b"",
        b'"Auto";"y"',
        b'Auto;"y',
        b'"Au',
        b'to"";";y',
        b'";y',
        b"\x00\x0c\x1a;\xe2\x80\xa8",
    ]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
bodies = st.lists(st.tuples(lines, ends).map(b"".join), min_size=1, max_size=30).map(b"".join)


def read(path: Path, size: int) -> list[tuple[int, object]]:
    """The rows of all sections; a wrong one as its message."""

    def rows() -> Iterator[tuple[int, object]]:
        for section in sections_of(LOANS, path, size):
            for number, row in rows_of(LOANS, path, section):
                yield number, str(row) if isinstance(row, BadTable) else row

    return list(rows())


@given(bodies, st.integers(1, 60), st.sampled_from([0, 7, 4000]))
def test_sections_have_the_rows_of_the_whole_file(body: bytes, size: int, look_back: int) -> None:
    """Whatever is broken, and wherever the file is cut."""
    with tempfile.TemporaryDirectory() as folder, patch.object(csv_file, "LOOK_BACK", look_back):
        path = Path(folder, "in.csv")
        path.write_bytes(HEAD + body)
        assert read(path, size) == read(path, WHOLE)


def test_a_file_is_cut_although_no_row_is_right(tmp_path: Path) -> None:
    """So that memory does not grow with it; a broken quotation mark in it costs nothing else."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEAD + b'Auto\n"Auto\nAuto;"y\n' * 100)
    assert len(list(sections_of(LOANS, path, 50))) > 20
    assert read(path, 50) == read(path, WHOLE)
    assert [number for number, _ in read(path, 50)] == list(range(2, 302))


def test_each_line_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    """UTF-8, or else that of the portfolio: one line in another costs no other line its letters."""
    path = tmp_path / "in.csv"
    rows = ["Möbel;y\n".encode(), "Möbel;n\n".encode("latin-1"), "Möbel;y\n".encode()]
    path.write_bytes(HEAD + b"".join(rows))
    assert [row for _, row in read(path, WHOLE)] == [
        {"use": "Möbel", "owner": True},
        {"use": "Möbel", "owner": False},
        {"use": "Möbel", "owner": True},
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    """With or without its mark; the message says what to do."""
    path = tmp_path / "in.csv"
    path.write_text("use;owner\nAuto;y\n", encoding=encoding)
    with pytest.raises(BadTable, match="UTF-16 or no text; save it as CSV in UTF-8"):
        list(sections_of(LOANS, path, WHOLE))


def test_a_workbook_is_refused_under_the_name_of_a_csv_file(tmp_path: Path) -> None:
    """The message does not print it."""
    path = tmp_path / "in.csv"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(BadTable, match="no text"):
        list(sections_of(LOANS, path, WHOLE))


def test_a_file_without_line_ends_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not fit into memory."""
    monkeypatch.setattr(csv_file, "LONGEST_LINE", 1000)
    path = tmp_path / "in.csv"
    path.write_bytes(HEAD + b"Auto;y\r" * 20 + b"x" * 5000)
    with pytest.raises(BadTable, match="a line has more than 1,000 bytes"):
        list(sections_of(LOANS, path, 200))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n\nuse;owner\n", "the file is empty"),
        (b'"use;owner\n' + b"Auto;y\n" * 200_000, "line 1: the column names are not readable"),
        (b"use;owner;use\nAuto;y;Auto\n", "appears more than once"),
    ],
)
def test_a_file_without_column_names_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """No row is taken for them."""
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(BadTable, match=message):
        list(sections_of(LOANS, path, WHOLE))


@pytest.mark.parametrize(("content", "count"), [(b"", 0), (b"\r\n\r\r\n\n", 4), (b"\n" * 99, 99)])
def test_empty_lines_are_no_rows(tmp_path: Path, content: bytes, count: int) -> None:
    """Nor is a section of them; they are counted as lines."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"use;owner\n" + content)
    assert list(sections_of(LOANS, path, 10)) == []
    path.write_bytes(b"use;owner\n" + content + b"Auto;y")
    assert read(path, 10) == [(2 + count, {"use": "Auto", "owner": True})]


def test_column_names_may_have_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    """Lines are counted from the first."""
    path = tmp_path / "in.csv"
    path.write_bytes(b'\xef\xbb\xbf"use\r\n";owner\rAuto;y')
    assert read(path, WHOLE) == [(3, {"use": "Auto", "owner": True})]
