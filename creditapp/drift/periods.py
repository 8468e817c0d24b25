"""The periods that are looked at: the recent days, and weeks that begin on Monday, in UTC (ISO 8601)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WEEK = timedelta(days=7)

TIME_TO_SETTLE = timedelta(days=1)
"""A decision of a file has the time at which its run began, and may be recorded hours later."""


@dataclass(frozen=True)
class Period:
    """A time from `since` on and before `until`; equal names are the same period."""

    name: str
    since: datetime
    until: datetime

    def is_settled(self, at: datetime) -> bool:
        """Whether no more decisions come in."""
        return at >= self.until + TIME_TO_SETTLE


def recent(days: int, now: datetime) -> Period:
    """The last so many days."""
    return Period(f"{days} days", now - timedelta(days=days), now)


def last_weeks(count: int, now: datetime) -> list[Period]:
    """The last so many weeks, the oldest first; the last one is that of `now`."""
    return [_week(now - back * WEEK) for back in reversed(range(count))]


def _week(moment: datetime) -> Period:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday())
    year, number, _ = monday.isocalendar()
    return Period(f"{year}-W{number:02d}", monday, monday + WEEK)
