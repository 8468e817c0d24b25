"""Files: split into parts, and joined."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditapp.applications.schemas import messages_about_cells
from creditapp.exceptions import BadTable
from creditapp.files import formats
from creditapp.files.formats import join, parts_of, rows_of, write
from tests.lent import LOANS
from tests.portfolios import EXAMPLE, GERMAN

REFERENCES = ["plain", 'a "quoted" one', "two\nlines", "", 'comma, quote "\nand line', "é"] * 5


@pytest.mark.parametrize("size", [1, 100, 1000, 2500, 10**6])
def test_csv_parts_contain_whole_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A quoted line break does not split a row, and rows keep their line numbers, for any part size."""
    monkeypatch.setattr(formats, "PART_BYTES", size)
    path = tmp_path / "in.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, [*EXAMPLE, "reference"])
        writer.writeheader()
        writer.writerows({**EXAMPLE, "reference": reference} for reference in REFERENCES)
    whole, line = [], 1
    for reference in REFERENCES:
        line += 1 + reference.count("\n")
        whole.append((line, {**EXAMPLE, **({"reference": reference} if reference else {})}))
    parts = parts_of(GERMAN, path)
    assert len(parts) == {1: 30, 10**6: 1}.get(size, len(parts))
    assert [row for part in parts for row in rows_of(GERMAN, path, part)] == whole


def test_row_groups_are_split_into_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row numbers continue across row groups, and nulls are left out."""
    monkeypatch.setattr(formats, "PART_ROWS", 3)
    rows: list[dict[str, Any]] = [
        {**EXAMPLE, "reference": f"{n}" if n % 2 else None} for n in range(10)
    ]
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=5)
    parts = parts_of(GERMAN, path)
    assert [part.end - part.begin for part in parts] == [3, 2, 3, 2]
    numbered = [row for part in parts for row in rows_of(GERMAN, path, part)]
    answered = [
        {name: answer for name, answer in row.items() if answer is not None} for row in rows
    ]
    assert numbered == list(enumerate(answered, 1))


def test_column_of_wrong_type_is_refused_by_name(tmp_path: Path) -> None:
    """Lists and the like are no answers; the error names the column."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist([{**EXAMPLE, "Age in years": [35]}]), path)
    with pytest.raises(BadTable, match='"Age in years" is of type list'):
        parts_of(GERMAN, path)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_parts_are_joined_in_order(tmp_path: Path, ending: str) -> None:
    """Empty parts add no rows, and the header appears once."""
    schema = pa.schema({"row": pa.int64(), "reason": pa.string()})
    parts = [tmp_path / f"{n}{ending}" for n in range(3)]
    for part, rows in zip(parts, ([(1, "a")], [], [(3, None)]), strict=True):
        write(
            part,
            pa.Table.from_pylist(
                [dict(zip(schema.names, row, strict=True)) for row in rows], schema
            ),
        )
    whole = tmp_path / f"whole{ending}"
    join(parts, whole)
    if ending == ".csv":
        assert whole.read_text() == "row,reason\n1,a\n3,\n"
    else:
        assert pq.read_table(whole).to_pylist() == [
            {"row": 1, "reason": "a"},
            {"row": 3, "reason": None},
        ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_file_is_read_in_utf_8_or_as_the_portfolio_writes_it(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    """Also its separators."""
    path = tmp_path / "in.csv"
    lines = ["use,owner", "Möbel,y", "Auto,n", ",y"]
    path.write_text("\n".join(lines).replace(",", delimiter) + "\n", encoding=encoding)
    [part] = parts_of(LOANS, path)
    assert list(rows_of(LOANS, path, part)) == [
        (2, {"use": "Möbel", "owner": True}),
        (3, {"use": "Auto", "owner": False}),
        (4, {"owner": True}),
    ]


def test_a_message_about_a_cell_says_what_cells_hold() -> None:
    """And not what JSON holds."""
    messages = messages_about_cells(LOANS, {"use": "Möbel", "owner": "true"})
    assert messages == {
        "owner": ['"true" is not accepted; accepted is one of y, n; also an empty cell.']
    }
