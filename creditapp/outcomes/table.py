"""The table of outcomes: all rows are kept, and the newest of a decision, a kind and a date stands."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.database.engine import Base, UtcDateTime
from creditapp.decisions.log import Decision


class Event(NamedTuple):
    """What an outcome is about: rows of the same event correct each other."""

    decision_id: UUID
    kind: str
    happened_on: date


class RecordedOutcome(Base):
    """What somebody recorded of a decision; a withdrawn one says that it did not happen."""

    __tablename__ = "outcome"
    __table_args__ = (
        Index("ix_outcome_decision_id", "decision_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id))
    kind: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[float | None]
    withdrawn: Mapped[bool]
    recorded_by: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def event(self) -> Event:
        """What it is about."""
        return Event(self.decision_id, self.kind, self.happened_on)

    @property
    def text(self) -> str:
        """Its kind in words, to be translated."""
        return OutcomeKind(self.kind).text


class Noted(NamedTuple):
    """What counts of a row of the table, read without the rest."""

    id: int
    decision_id: UUID
    kind: str
    happened_on: date
    withdrawn: bool

    @property
    def event(self) -> Event:
        """What it is about."""
        return Event(self.decision_id, self.kind, self.happened_on)


NOTED = tuple(getattr(RecordedOutcome, name) for name in Noted._fields)
"""The columns that `Noted` has."""

Row = TypeVar("Row", RecordedOutcome, Noted)


def newest_of_each(rows: Iterable[Row]) -> dict[Event, Row]:
    """The newest row of each event, the withdrawn ones included."""
    return {row.event: row for row in sorted(rows, key=lambda row: row.id)}


def standing_rows(rows: Iterable[Row]) -> list[Row]:
    """The rows that stand: the newest of each event that are not withdrawn; oldest event first."""
    standing = [row for row in newest_of_each(rows).values() if not row.withdrawn]
    return sorted(standing, key=lambda row: (row.happened_on, row.id))
