"""Files cut into parts."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditapp.applications.catalogue import EXAMPLE
from creditapp.exceptions import BadTable
from creditapp.files import formats
from creditapp.files.formats import join, parts_of, rows_of, write

REFERENCES = ["plain", 'a "quoted" one', "two\nlines", "", 'comma, quote "\nand line', "é"] * 5


@pytest.mark.parametrize("size", [1, 100, 1000, 2500, 10**6])
def test_wherever_a_file_is_cut_its_rows_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Line breaks within quotes end no row; every row keeps the number of its line."""
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
    parts = parts_of(path)
    assert len(parts) == {1: 30, 10**6: 1}.get(size, len(parts))
    assert [row for part in parts for row in rows_of(path, part)] == whole


def test_row_groups_are_cut_into_parts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are counted through all groups; a null is no answer."""
    monkeypatch.setattr(formats, "PART_ROWS", 3)
    rows: list[dict[str, Any]] = [
        {**EXAMPLE, "reference": f"{n}" if n % 2 else None} for n in range(10)
    ]
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=5)
    parts = parts_of(path)
    assert [part.end - part.begin for part in parts] == [3, 2, 3, 2]
    found = [row for part in parts for row in rows_of(path, part)]
    given = [{name: answer for name, answer in row.items() if answer is not None} for row in rows]
    assert found == list(enumerate(given, 1))


def test_a_column_of_another_type_is_refused_by_name(tmp_path: Path) -> None:
    """Only numbers and text are answers."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist([{**EXAMPLE, "Age in years": True}]), path)
    with pytest.raises(BadTable, match='"Age in years" is of type bool'):
        parts_of(path)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_parts_are_joined_in_their_order(tmp_path: Path, ending: str) -> None:
    """An empty part among them is no gap, and the header stands once."""
    columns = {"row": pa.int64(), "reason": pa.string()}
    parts = [tmp_path / f"{n}{ending}" for n in range(3)]
    for part, rows in zip(parts, ([(1, "a")], [], [(3, None)]), strict=True):
        write(part, columns, rows)
    whole = tmp_path / f"whole{ending}"
    join(parts, whole)
    if ending == ".csv":
        assert whole.read_text() == "row,reason\n1,a\n3,\n"
    else:
        assert pq.read_table(whole).to_pylist() == [
            {"row": 1, "reason": "a"},
            {"row": 3, "reason": None},
        ]
