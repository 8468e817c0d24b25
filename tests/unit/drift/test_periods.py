"""Weeks begin on Monday in UTC, and have the names of ISO 8601."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from creditapp.drift.periods import last_weeks, recent


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), "2026-W48"),
        (datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), "2026-W47"),
        (datetime(2027, 1, 3, 12, tzinfo=UTC), "2026-W53"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2027-W01"),
        (datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-W47"),
    ],
)
def test_a_moment_is_in_the_week_of_its_monday(moment: datetime, name: str) -> None:
    """Also around the new year, and where the clock of the reader is ahead of UTC."""
    [week] = last_weeks(1, moment)
    assert week.name == name
    assert week.since <= moment < week.until
    assert week.since.isoweekday() == 1


def test_weeks_follow_each_other() -> None:
    """The oldest first, without a gap."""
    weeks = last_weeks(26, datetime(2027, 2, 1, tzinfo=UTC))
    assert len({week.name for week in weeks}) == 26
    assert all(one.until == next_one.since for one, next_one in pairwise(weeks))


def test_a_week_is_settled_a_day_after_its_end() -> None:
    """Until then decisions of a file that was begun in it may come in."""
    [week] = last_weeks(1, datetime(2026, 11, 25, tzinfo=UTC))
    assert not week.is_settled(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert week.is_settled(datetime(2026, 12, 1, tzinfo=UTC))


def test_recent_days_have_a_name_that_stays() -> None:
    """So that a new look takes the place of the one before."""
    earlier, later = (recent(30, datetime(2026, 11, day, tzinfo=UTC)) for day in (1, 2))
    assert earlier.name == later.name == "30 days"
    assert earlier.until - earlier.since == timedelta(days=30)
