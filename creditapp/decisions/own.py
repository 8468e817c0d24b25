"""What a person wants to see at once: what waits, and what they decided today. All of it is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from creditapp.database.session import reading
from creditapp.decisions.log import Decision, first_id, moment_of
from creditapp.decisions.waiting import WaitingDecision

MOST_COUNTED = 10_000
MOST_SHOWN = 20
MOST_READ = 5_000
"""Among so many of the newest decisions a person's own are looked for."""


@dataclass(frozen=True)
class Queue:
    """How many decisions wait for a person, at most one more than are counted, and since when."""

    cases: int
    oldest: datetime | None

    @property
    def is_more(self) -> bool:
        """Whether there are more than are counted."""
        return self.cases > MOST_COUNTED


def look_at_queue() -> Queue:
    """The state of the queue.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    waiting = WaitingDecision.decision_id
    some = select(waiting).limit(MOST_COUNTED + 1).subquery()
    with reading() as session:
        cases = session.scalar(select(func.count()).select_from(some)) or 0
        oldest = session.scalar(select(waiting).order_by(waiting).limit(1))
    return Queue(cases, moment_of(oldest) if oldest else None)


def find_made(made_by: str, since: datetime) -> Sequence[Decision]:
    """The newest decisions of somebody since a time, among the newest of all.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    newest = Decision.decision_id.desc()
    recent = select(Decision).where(Decision.decision_id >= first_id(since)).order_by(newest)
    own = aliased(Decision, recent.limit(MOST_READ).subquery())
    query = select(own).where(own.made_by == made_by).order_by(own.decision_id.desc())
    with reading() as session:
        return session.scalars(query.limit(MOST_SHOWN)).all()
