"""Whether a decision turned out good or bad, once enough time has passed to tell."""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import Performance
from creditapp.outcomes.table import RecordedOutcome, standing_rows
from creditapp.phrases import marked


class Standing(StrEnum):
    """How a decision counts; those that are not mature or not taken up are not counted."""

    GOOD = marked("good")
    BAD = marked("bad")
    NOT_MATURE = marked("not mature")
    NOT_TAKEN_UP = marked("not taken up")


def standing(
    decided_at: datetime,
    outcomes: Iterable[RecordedOutcome],
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
    day = decided_at.astimezone(UTC).date()
    months = day.year * 12 + day.month - 1 + performance.window_months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
