"""Whether a decision turned out good or bad, once enough time has passed to tell."""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import Performance
from creditapp.outcomes.table import Row, standing_rows
from creditapp.phrases import marked


class Standing(StrEnum):
    """How a decision counts; those that are not mature or not taken up are not counted."""

    GOOD = marked("good")
    BAD = marked("bad")
    NOT_MATURE = marked("not mature")
    NOT_TAKEN_UP = marked("not taken up")


MATURE = frozenset({Standing.GOOD, Standing.BAD})


def standing(
    decided_at: datetime,
    outcomes: Iterable[Row],
    performance: Performance,
    now: datetime,
    *,
    approved: bool,
) -> Standing:
    """How a decision counts at a time.

    A default is not counted before the window has ended, or young decisions would look worse than they are:
    bad ones can be known early, good ones cannot. A cured default stays one.

    Args:
        decided_at: When it was made.
        outcomes: All that was recorded of it, the corrected and withdrawn rows included.
        performance: What counts as bad, and for how long.
        now: The time; with its offset.
        approved: Whether what applies, after reviews, is an approval.
    """
    rows = standing_rows(outcomes)
    if not {row.kind for row in rows} - {OutcomeKind.NOT_TAKEN_UP} and (rows or not approved):
        return Standing.NOT_TAKEN_UP
    last_day = window_end(decided_at, performance)
    if now.astimezone(UTC).date() <= last_day:
        return Standing.NOT_MATURE
    bad = any(row.kind in performance.bad and row.happened_on <= last_day for row in rows)
    return Standing.BAD if bad else Standing.GOOD


def window_end(decided_at: datetime, performance: Performance) -> date:
    """The last day of the window: so many months later, or the last day of a shorter month."""
    return _months_later(decided_at.astimezone(UTC).date(), performance.window_months)


def first_day_not_mature(performance: Performance, now: datetime) -> date:
    """The first day (UTC) whose decisions are not mature yet; those of all earlier days are."""
    today = now.astimezone(UTC).date()
    day = _months_later(today, -performance.window_months)
    ends = _months_later(day, performance.window_months)
    # why: on 31 March the window of a month has ended for 28 February too, whose window ended on 28 March.
    return day if ends >= today else day + timedelta(days=1)


@lru_cache(maxsize=4096)
def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
