"""The data file of a portfolio: each row is read, or named by its line."""

import gzip
from pathlib import Path

import pytest

from creditapp.exceptions import BadTable
from tests.lent import LOANS
from training.data_file import read_rows
from training.dataset import load

TEXT = (
    'use;owner;paid\rAuto;y;true\r\n"Auto";n;false\rAuto;"y;true\nAuto;y;true\n\n"Mö\nbel";n;true'
)


@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
def test_each_row_is_read_or_named(tmp_path: Path, name: str) -> None:
    """Line ends may be mixed, and a broken row costs no other."""
    path = tmp_path / name
    content = TEXT.encode("latin-1")
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    rows = list(read_rows(LOANS, path, [LOANS.outcome_question]))
    assert [(number, str(row)) for number, row in rows if isinstance(row, BadTable)] == [
        (4, "line 4: the row is not readable as CSV: a quotation mark is not closed")
    ]
    assert [(number, row["use"]) for number, row in rows if not isinstance(row, BadTable)] == [
        (2, "Auto"),
        (3, "Auto"),
        (5, "Auto"),
        (8, "Mö\nbel"),
    ]


@pytest.mark.parametrize("damage", ["cut", "changed", "none"])
def test_a_packed_file_that_is_damaged_is_refused(tmp_path: Path, damage: str) -> None:
    """What was readable of it is not trained on."""
    path = tmp_path / "in.csv.gz"
    rows = "".join(f"Auto;{'yn'[n % 2]};{'true' if n % 3 else 'false'}\n" for n in range(5000))
    packed = bytearray(gzip.compress(f"use;owner;paid\n{rows}".encode(), mtime=0))
    if damage == "cut":
        del packed[-20:]
    if damage == "changed":
        packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    if damage == "none":
        assert len(load(LOANS, path).target) == 5000
        return
    with pytest.raises(BadTable, match="the file is damaged"):
        load(LOANS, path)
