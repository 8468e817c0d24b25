"""A part as a table has the same rows as row by row, in either format and whatever is broken."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditapp.applications.application_table import wrong_rows
from creditapp.applications.catalogue import Catalogue
from creditapp.applications.table import application_of
from creditapp.exceptions import BadTable
from creditapp.files import formats, part_table, plain_csv
from creditapp.files.formats import parts_of, rows_of
from creditapp.files.part_table import read_table
from tests.lent import LOANS
from tests.mixed import EXAMPLE, MIXED

lines = st.sampled_from(
    [
        "Auto;y;a",
        "Möbel;n;",
        ";;",
        "Auto",
        "Auto;y;n;;",
        "",
        " ",
        ' "x;y',
        "\x00;\x0c\x1a;\u2028",
        '"',
    ]
)
ends = st.sampled_from(["\n", "\r\n", "\r"])
bodies = st.lists(st.tuples(lines, ends).map("".join), min_size=1, max_size=20).map("".join)


def assert_same(catalogue: Catalogue, path: Path) -> None:
    """All parts as tables, and their rows one by one."""
    for part in parts_of(catalogue, path):
        table = read_table(catalogue, path, part)
        rows = list(rows_of(catalogue, path, part))
        readable = [(number, row) for number, row in rows if isinstance(row, dict)]
        broken = [(number, str(row)) for number, row in rows if isinstance(row, BadTable)]
        assert [(number, str(error)) for number, error in table.unreadable] == broken
        assert table.numbers.tolist() == [number for number, _ in readable]
        for column in table.applications.columns.values():
            assert set(column.places.tolist()) == set(range(len(column.distinct)))
        wrong = set(table.applications.wrong().nonzero()[0].tolist())
        assert wrong == wrong_rows(catalogue, [row for _, row in readable])
        for place, (_, row) in enumerate(readable):
            if place in wrong:
                given_row = table.applications.row(place)
                assert {**dict.fromkeys(catalogue.optional), **row} == _without_day(given_row, row)
            else:
                assert table.applications[place] == application_of(catalogue, row)


def _without_day(row: dict[str, Any], given_row: dict[str, Any]) -> dict[str, Any]:
    """A row without the day that it was completed with."""
    return {name: one for name, one in row.items() if name != "applied" or name in given_row}


@settings(deadline=None)
@given(bodies, st.sampled_from([10, 10**6]))
def test_lines_of_csv_are_read_alike(body: str, size: int) -> None:
    """Without quotation marks by columns, else row by row."""
    with tempfile.TemporaryDirectory() as folder, patch.object(formats, "PART_BYTES", size):
        path = Path(folder, "in.csv")
        path.write_bytes(f"use;owner;reference\r{body}Auto;n;b".encode())
        assert_same(LOANS, path)


def test_plain_lines_are_read_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where some are wrong."""
    monkeypatch.delattr(part_table, "_table_of_rows")
    path = tmp_path / "in.csv"
    path.write_text("use;owner;reference\nAuto;y;\n\nAuto\nMöbel;n;é\n")
    assert_same(LOANS, path)


@pytest.mark.parametrize(
    "line",
    [b'"Auto";y;\n', b"\xff;y;\n", b"x" * (plain_csv.LONGEST_PLAIN + 1) + b";y;\n"],
    ids=["a quotation mark", "no text", "a cell that may be too long"],
)
def test_other_lines_are_read_row_by_row(tmp_path: Path, line: bytes) -> None:
    """Their rules are those of `csv_records`."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"use;owner;reference\nAuto;y;a\n" + line + b"Auto;n;b\n")
    assert_same(LOANS, path)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([None, -1, 100, 2**62], pa.int64()),
        pa.array([1.5, float("nan"), 100.0, float("inf")]),
        pa.array(["100", " ", "x", None]),
        pa.array(["100", None, "100", "x"]).dictionary_encode(),
        pa.array(["100", None, "100", "x"], pa.string_view()),
        pa.array([True, None, False, True]),
        pa.nulls(4),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_of_parquet_are_read_alike(tmp_path: Path, column: Any) -> None:
    """Numbers, texts, and what stands for a missing answer."""
    given_columns: dict[str, Sequence[Any]] = {name: [one] * 4 for name, one in EXAMPLE.items()}
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({**given_columns, "income": column, "loan": column}), path)
    assert_same(MIXED, path)
