"""Parquet columns as people store them: each row is read, and a value that is none costs its row alone."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditapp.exceptions import BadTable
from creditapp.files.formats import parts_of, rows_of
from creditapp.files.parquet_columns import answers_of
from tests.lent import LOANS
from tests.mixed import MIXED
from training.data_file import read_rows

DAYS = date(2024, 2, 29)
TOO_FAR = 10_000_000
"""A day after the year 9999, which Python does not have."""


def read(path: Path) -> list[tuple[int, dict[str, Any] | BadTable]]:
    """The rows of all parts."""
    parts = parts_of(LOANS, path)
    return [row for part in parts for row in rows_of(LOANS, path, part)]


def write(path: Path, **columns: Any) -> Path:
    """A file with these columns."""
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([12, None], pa.int64()), ["12", None]),
        (pa.array([12, 2**63], pa.uint64()), ["12", "9223372036854775808"]),
        (pa.array([12.0, None, float("nan"), 1.5]), ["12", None, None, "1.5"]),
        (pa.array([Decimal(12), None], pa.decimal128(20, 0)), ["12", None]),
        (pa.array(["0012", "", " ", None]), ["0012", None, None, None]),
        (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
        (pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array([12, 12]).dictionary_encode(), ["12", "12"]),
        (pa.array([DAYS]), ["2024-02-29"]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_a_reference_is_the_text_of_its_value(
    tmp_path: Path, column: Any, texts: list[str | None]
) -> None:
    """Whole numbers have no decimals, also where pandas stores them beside gaps."""
    path = write(
        tmp_path / "in.parquet",
        use=["Auto"] * len(column),
        owner=[True] * len(column),
        reference=column,
    )
    assert [row.get("reference") for _, row in read(path) if isinstance(row, dict)] == texts


@pytest.mark.parametrize(
    ("column", "answers"),
    [
        (pa.array([DAYS, None]), ["2024-02-29", None]),
        (pa.array([DAYS]).cast(pa.timestamp("ns")), ["2024-02-29"]),
        (pa.array([datetime(2024, 2, 29, 23, tzinfo=UTC)]), ["2024-02-29"]),
        (pa.array([DAYS], pa.date64()), ["2024-02-29"]),
        (pa.array(["2024-02-29", ""], pa.string_view()), ["2024-02-29", None]),
        (pa.array(["2024-02-29"], pa.large_string()).dictionary_encode(), ["2024-02-29"]),
        (
            pa.array([19782, TOO_FAR, None], pa.date32()),
            ["2024-02-29", "10000000 (date32[day])", None],
        ),
        (pa.array([b"2024-02-29", b"\xff"]).view(pa.string()), ["2024-02-29", "\udcff"]),
        (
            pa.array([b"2024-02-29", b"\xff"]).view(pa.string()).dictionary_encode(),
            ["2024-02-29", "\udcff"],
        ),
        (pa.nulls(1), [None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_dates_are_read_in_every_usual_type(column: Any, answers: list[Any]) -> None:
    """A date or a text that Python does not have stands as a text that no question accepts."""
    assert answers_of(MIXED, "hired", pa.chunked_array([column])) == answers


def test_the_row_numbers_of_pandas_are_no_column(tmp_path: Path) -> None:
    """They are left out in files to score and in data to train on."""
    path = tmp_path / "in.parquet"
    frame = pd.DataFrame({"use": ["Auto", "Möbel"], "owner": [True, False], "paid": [True, False]})
    frame.index = pd.Index([7, 9])
    frame.to_parquet(path)
    assert "__index_level_0__" in pq.read_schema(path).names
    extra = [LOANS.outcome_question]
    assert list(read_rows(LOANS, path, extra)) == [
        (1, {"use": "Auto", "owner": True, "paid": True}),
        (2, {"use": "Möbel", "owner": False, "paid": False}),
    ]
    frame.drop(columns="paid").to_parquet(path)
    assert read(path) == [
        (1, {"use": "Auto", "owner": True}),
        (2, {"use": "Möbel", "owner": False}),
    ]


def test_another_file_in_the_same_place_is_read_anew(tmp_path: Path) -> None:
    """A worker of a cluster lives longer than a file."""
    path = tmp_path / "in.parquet"
    for time, use in ((1, "Auto"), (2, "Möbel")):
        write(path, use=[use], owner=[True])
        os.utime(path, ns=(time, time))
        assert read(path) == [(1, {"use": use, "owner": True})]
