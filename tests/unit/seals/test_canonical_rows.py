"""A row has the same bytes whichever driver read it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

import creditapp.factory  # noqa: F401, as it loads all tables
from creditapp.seals.canonical import read_values
from creditapp.seals.tables import sealed_tables

COLUMNS = ("decision_id", "happened_on", "withdrawn", "amount", "recorded_at")
KEY = UUID("019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90")
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRIVERS: dict[str, tuple[Any, ...]] = {
    "sqlite": (KEY.hex, "2026-02-28", 1, 12.5, "2026-03-01 12:00:00.000000"),
    "postgresql": (KEY, date(2026, 2, 28), True, 12.5, MOMENT),
}


@pytest.mark.parametrize("row", DRIVERS.values(), ids=DRIVERS.keys())
def test_days_and_truth_values_are_the_same_from_both_drivers(row: tuple[Any, ...]) -> None:
    """SQLite has neither."""
    [values] = read_values(sealed_tables()["outcome"], COLUMNS, [row])
    moment = "2026-03-01T12:00:00.000000+00:00"
    assert values == (str(KEY), "2026-02-28", True, 12.5, moment)
    assert values is not None
    assert values[2] is True


@pytest.mark.parametrize("withdrawn", [2, -1, "yes"])
def test_what_is_neither_true_nor_false_cannot_be_read(withdrawn: object) -> None:
    """It was written by somebody else, and must not count as true."""
    row = (KEY.hex, "2026-02-28", withdrawn, None, "2026-03-01 12:00:00.000000")
    assert read_values(sealed_tables()["outcome"], COLUMNS, [row]) == [None]
