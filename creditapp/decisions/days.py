"""Decisions counted by day, so that a page need not read them: by portfolio, version, outcome and score.

Days are in UTC. A count follows from the decisions, and stays when these expire.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import JSON, Date, Integer, Select, case, func, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.decisions.log import Decision, first_id
from creditapp.exceptions import RowsRefused

FORMAT = 1
"""Raise it when a count gets other parts: older ones count as missing then, and are made anew."""
BANDS = 10
"""The bands of the probability of good credit, equally wide."""
DAYS = 182
"""For so many days back counts are made."""
MOST_LIVE = 10_000
"""If today has no more decisions than these, they are counted when somebody asks."""
TIME_TO_SETTLE = timedelta(days=1)
"""A decision of a file has the time at which its run began, and may be recorded hours later."""


class Cell(NamedTuple):
    """How many decisions of a day were equal in all this; `band` is from 0 to 9."""

    portfolio: str
    model_version: str
    decision: str
    band: int
    cases: int


class DayTally(Base):
    """The counts of one day; they follow from the decisions."""

    __tablename__ = "day_tally"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def cells(self) -> list[Cell]:
        """The counts."""
        return [Cell(*row) for row in self.document["cells"]]


def refresh(now: datetime | None = None) -> None:
    """Count the days that were not settled when they were last counted, the newest first.

    Raises:
        DatabaseUnavailable: decisions cannot be read, or a count cannot be kept.
    """
    now = now or datetime.now(UTC)
    counted = {one.day: one.counted_at for one in find(now.date() - timedelta(days=DAYS))}
    for day in _days_back(now.date()):
        at = counted.get(day)
        if at is None or at < _start(day + timedelta(days=1)) + TIME_TO_SETTLE:
            _keep(day, _count(day), now)


def find(since: date) -> Sequence[DayTally]:
    """The days from one on that were counted, in their order.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(DayTally).where(DayTally.day >= since).order_by(DayTally.day)
    with reading() as session:
        found = session.scalars(query).all()
    return [one for one in found if one.document.get("format") == FORMAT]


def count_today(now: datetime) -> list[Cell] | None:
    """The counts of today as they are now; none if today has more decisions than may be counted at once.

    Raises:
        DatabaseUnavailable: the decisions cannot be read.
    """
    today = now.date()
    made = select(Decision.decision_id).where(Decision.decision_id >= first_id(_start(today)))
    some = select(func.count()).select_from(made.limit(MOST_LIVE + 1).subquery())
    with reading() as session:
        if session.scalars(some).one() > MOST_LIVE:
            return None
        return _cells(session, today)


def _count(day: date) -> list[Cell]:
    with reading() as session:
        return _cells(session, day)


def _cells(session: Session, day: date) -> list[Cell]:
    return [Cell(*row) for row in session.execute(_query(day))]


def _query(day: date) -> Select[str, str, str, int, int]:
    """The counts of a day; ids begin with their time, so that only its own decisions are read."""
    probability = Decision.probability_good_credit
    # why: databases round a number to an integer in different ways.
    edges = [(probability >= band / BANDS, literal(band)) for band in range(BANDS - 1, 0, -1)]
    band = case(*edges, else_=literal(0)).cast(Integer).label("band")
    columns = (Decision.portfolio, Decision.model_version, Decision.decision, band)
    return (
        select(*columns, func.count())
        .where(
            Decision.decision_id >= first_id(_start(day)),
            Decision.decision_id < first_id(_start(day + timedelta(days=1))),
        )
        .group_by(*columns)
    )


def _keep(day: date, cells: Sequence[Cell], now: datetime) -> None:
    document = {"format": FORMAT, "cells": [list(cell) for cell in cells]}
    try:
        with writing() as session:
            session.merge(DayTally(day=day, counted_at=now, document=document))
    except RowsRefused:
        # why: another host has kept its count of the same day at this moment, and saw the same.
        return


def _days_back(today: date) -> Iterator[date]:
    return (today - timedelta(days=back) for back in range(DAYS))


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
