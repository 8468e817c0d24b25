"""Rows of the record that go together: a decision with all that belongs to it, an erasure, an event."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, null, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from creditapp.challenger.scores import ChallengerScore
from creditapp.database.append_only import ERASABLE
from creditapp.decisions.corrections import Correction
from creditapp.decisions.erasures import Erasure
from creditapp.decisions.letter_reasons import LetterReason
from creditapp.decisions.log import Answers, Decision, first_id
from creditapp.decisions.reviews import Review, ReviewNote
from creditapp.identity.audit import AuditEvent
from creditapp.outcomes.table import RecordedOutcome
from creditapp.seals import blocks
from creditapp.seals.tables import Key, SealedTable, sealed_tables


class Row(NamedTuple):
    """A row: whose it is, when it was made where the table says so, its key, and the key's first column."""

    owner: Any
    moment: datetime | None
    key: Key
    first: Any


@dataclass(frozen=True)
class Part:
    """The rows of one table in a group: `owner` tells whose each is, where needed through a `join`."""

    name: str
    owner: InstrumentedAttribute[Any]
    join: tuple[ColumnElement[bool], ...] = ()

    @property
    def table(self) -> SealedTable:
        """The table."""
        return sealed_tables()[self.name]

    @property
    def moment(self) -> ColumnElement[Any]:
        """The column that holds when a row was made; NULL where there is none."""
        return self.table.table.columns[self.table.moment] if self.table.moment else null()

    def find(self, session: Session, owners: Collection[Any]) -> list[Row]:
        """The rows of some owners."""
        key = [self.table.table.columns[name] for name in self.table.key]
        query = select(self.owner, self.moment, *key).where(*self.join, self.owner.in_(owners))
        return [
            Row(owner, moment, self.table.encode(list(map(_plain, values))), values[0])
            for owner, moment, *values in session.execute(query)
        ]

    def delete(self, session: Session, rows: Sequence[Row]) -> None:
        """Delete rows that `find` found."""
        first = self.table.table.columns[self.table.key[0]]
        session.execute(delete(self.table.table).where(first.in_([row.first for row in rows])))


@dataclass(frozen=True)
class Group:
    """The parts in the order of their deletion; the last one holds the owners themselves.

    `is_old` narrows a search for owners from before a time down to an index. An expiry of the group also
    covers the tables in `covered`, whose rows may have been erased before.
    """

    parts: tuple[Part, ...]
    is_old: Callable[[datetime], ColumnElement[bool]] = lambda _: true()
    covered: frozenset[str] = frozenset()

    @property
    def own(self) -> Part:
        """The part that holds the owners."""
        return self.parts[-1]

    def find_oldest(self, session: Session, before: datetime) -> datetime | None:
        """When the oldest owner that could go was made and sealed, with all its rows, if before a time."""
        first = blocks.first(session)
        query = select(self.own.owner).where(self.is_old(before), *self._not_held(before))
        owner = session.scalar(query.order_by(self.own.owner).limit(1))
        if owner is None:
            return None
        found = [row.moment for part in self.parts for row in part.find(session, [owner])]
        # why: rows from before the first block are due by the time of that block.
        moments = [*found, first.sealed_at if first else None]
        latest = max(moment for moment in moments if moment)
        return latest if latest < before else None

    def _not_held(self, before: datetime) -> list[ColumnElement[bool]]:
        """The conditions that no part of an owner was made at a time or later."""
        later = (
            select(part.owner).where(part.owner == self.own.owner, part.moment >= before)
            for part in self.parts[:-1]
            if part.table.moment
        )
        return [~query.correlate(self.own.table.table).exists() for query in later]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


DECISIONS = Group(
    (
        Part("letter_reason", LetterReason.decision_id),
        Part("review_note", Review.decision_id, (ReviewNote.review_id == Review.id,)),
        Part("review", Review.decision_id),
        Part("challenger_score", ChallengerScore.decision_id),
        Part("outcome", RecordedOutcome.decision_id),
        Part("decision_correction", Correction.decision_id),
        Part("decision_answers", Answers.decision_id),
        Part("decision", Decision.decision_id),
    ),
    is_old=lambda before: Decision.decision_id < first_id(before),
    covered=ERASABLE,
)
ERASURES = Group((Part("erasure", Erasure.id),), covered=ERASABLE)
EVENTS = Group((Part("audit_event", AuditEvent.id),))
