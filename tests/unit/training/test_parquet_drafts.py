"""Drafts of Parquet files: the data are read as the draft read them."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditapp.applications.portfolio import read_portfolio
from creditapp.exceptions import BadTable
from creditapp.files.formats import parts_of, rows_of
from tests.drafted import BAD, ROWS, repeated
from training.dataset import load
from training.drafts.infer import infer

COLUMNS: dict[str, list[Any]] = {
    "whole numbers as texts": [str(row) for row in range(ROWS)],
    "numbers as texts": [f"{row / 7:.2f}" for row in range(ROWS)],
    "decimal commas": [f"{row},25" for row in range(ROWS)],
    "answers as texts": repeated("Y", "N"),
    "dates as texts": repeated("03.12.1980", "28.02.1975", "31.01.1990"),
    "empty texts": repeated("red", "", "blue", "NA", None),
    "decimals": [Decimal(row) / 4 for row in range(ROWS)],
    "whole decimals": [Decimal(row) for row in range(ROWS)],
    "endless numbers": [float(row) if row % 9 else float("inf") for row in range(ROWS)],
    "whole numbers with gaps": [float(row % 90) if row % 9 else None for row in range(ROWS)],
    "codes with gaps": repeated(1.0, 2.0, None, 3.0),
    "gaps": [float(row) if row % 9 else float("nan") for row in range(ROWS)],
    "instants": [datetime(2020, 1, 1 + row % 28, 13, 30) for row in range(ROWS)],  # noqa: DTZ001
    "days": [date(2020, 1, 1 + row % 28) for row in range(ROWS)],
    "each text once": pa.array(repeated("3", "5", "7")).dictionary_encode(),
    "each number once": pa.array(repeated(1.5, None, 4.5)).dictionary_encode(),
    "nothing": [None] * ROWS,
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_draft_accepts_its_own_data(name: str, tmp_path: Path) -> None:
    """Both to train on and to score."""
    path = tmp_path / "in.parquet"
    table = pa.table({"amount": repeated(*range(100, 161)), name: COLUMNS[name], "bad": BAD})
    pq.write_table(table, path)
    infer(path, "bad", ["1"], tmp_path / "out")
    catalogue = read_portfolio(tmp_path / "out")
    whole = load(catalogue, tmp_path / "out" / "in.parquet")
    assert len(whole) == ROWS

    pq.write_table(table.drop_columns(["bad"]), path)
    [part] = parts_of(catalogue, path)
    scored = [row for _, row in rows_of(catalogue, path, part)]
    for feature in catalogue.feature_names:
        given = [row.get(feature) for row in scored if isinstance(row, dict)]
        assert given == whole.answers[feature]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(np.arange(ROWS), pa.duration("s")),
        pa.array(np.arange(ROWS, dtype=np.int32)).cast(pa.time32("s")),
        pa.array([[1]] * ROWS),
        pa.array([b"x"] * ROWS),
    ],
    ids=lambda cells: str(cells.type),
)
def test_a_column_without_answers_is_refused(cells: Any, tmp_path: Path) -> None:
    """What the data could not be read as later is not drafted; the message names the column."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"amount": list(range(ROWS)), "odd": cells, "bad": BAD}), path)
    with pytest.raises(BadTable, match='"odd" is of type'):
        infer(path, "bad", ["1"], tmp_path / "out")
