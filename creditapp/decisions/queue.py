"""The queue: decisions that were referred to a person and have no review or correction, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from creditapp.database.session import reading
from creditapp.decisions import claims
from creditapp.decisions.claims import Reviewer, WaitingClaim, WaitingEscalation
from creditapp.decisions.log import Decision, find, first_id
from creditapp.decisions.waiting import WaitingDecision
from creditapp.exceptions import NotAllowed, NotWaiting, TakenByAnother

MOST_COUNTED = 10_000
"""More are not counted: nobody waits for a count of a long queue."""

TRIES = 20
"""How many free cases are tried, as others take cases at the same time."""

CASE = WaitingDecision.decision_id


class Part(StrEnum):
    """Which cases of the queue."""

    ALL = "all"
    MINE = "mine"
    FREE = "free"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Case:
    """A decision that waits, with who has it and who escalated it."""

    decision: Decision
    claim: WaitingClaim | None
    escalation: WaitingEscalation | None

    def waited(self, now: datetime) -> timedelta:
        """For how long it has waited; none is negative, whatever the clocks say."""
        return max(now - self.decision.timestamp, timedelta())


@dataclass(frozen=True)
class Counts:
    """How many cases each part has, and how many are older than the target; at most one more than counted."""

    parts: dict[Part, int]
    late: int


@dataclass(frozen=True)
class Page:
    """Some cases, oldest first, and whether there are older and newer ones."""

    cases: Sequence[Case]
    has_older: bool
    has_newer: bool


def find_page(
    part: Part, reviewer: Reviewer, limit: int, *, after: str = "", before: str = ""
) -> Page:
    """The oldest cases of a part; those after one case, or the last ones before it.

    Raises:
        UnknownDecision: `after` or `before` is the id of no decision.
        DatabaseUnavailable: the queue cannot be read.
    """
    edge = find(after or before).decision_id if after or before else None
    query = _chosen(_cases(), part, reviewer).limit(limit + 1)
    if edge and after:
        query = query.where(edge < CASE)
    elif edge:
        query = query.where(edge > CASE)
    backwards = bool(before and not after)
    query = query.order_by(CASE.desc() if backwards else CASE)
    with reading() as session:
        rows = session.execute(query).all()
    cases = [Case(*row) for row in rows[:limit]]
    has_more = len(rows) > limit
    if backwards:
        return Page(cases[::-1], has_older=has_more, has_newer=True)
    return Page(cases, has_older=edge is not None, has_newer=has_more)


def count(reviewer: Reviewer, late_before: datetime) -> Counts:
    """How many cases each part has, and how many were decided before a time.

    Raises:
        DatabaseUnavailable: the queue cannot be read.
    """
    late = select(CASE).where(first_id(late_before) > CASE)
    with reading() as session:

        def number(query: Select[Any]) -> int:
            some = query.limit(MOST_COUNTED + 1).subquery()
            return session.scalar(select(func.count()).select_from(some)) or 0

        parts = {part: number(_chosen(_joined(select(CASE)), part, reviewer)) for part in Part}
        return Counts(parts, number(late))


def take_next(reviewer: Reviewer, *, by_another: bool) -> UUID | None:
    """The case to decide next: the oldest of one's own, else the oldest free one, which is taken.

    `by_another`: nobody reviews what they scored themselves. None if nothing is left.

    Raises:
        DatabaseUnavailable: the queue cannot be read, or nothing could be taken.
    """
    for decision_id in _next_ones(reviewer, by_another=by_another):
        try:
            claims.take(decision_id, reviewer)
        except (NotWaiting, TakenByAnother, NotAllowed):
            # why: somebody else was faster.
            continue
        return decision_id
    return None


def _next_ones(reviewer: Reviewer, *, by_another: bool) -> list[UUID]:
    parts = [Part.MINE, Part.ESCALATED, Part.FREE] if reviewer.is_senior else [Part.MINE, Part.FREE]
    found: list[UUID] = []
    with reading() as session:
        for part in parts:
            query = _chosen(_joined(select(CASE)), part, reviewer).order_by(CASE).limit(TRIES)
            query = query.where(
                or_(WaitingClaim.taken_by.is_(None), WaitingClaim.taken_by == reviewer.label)
            )
            if not reviewer.is_senior:
                query = query.where(WaitingEscalation.decision_id.is_(None))
            if by_another:
                query = query.join(Decision, Decision.decision_id == CASE)
                query = query.where(Decision.made_by != reviewer.label)
            found += session.scalars(query)
    return found


def _cases() -> Select[Any]:
    query = select(Decision, WaitingClaim, WaitingEscalation)
    return _joined(query.select_from(WaitingDecision).join(Decision, Decision.decision_id == CASE))


def _joined(query: Any) -> Select[Any]:
    joined: Select[Any] = query.outerjoin(WaitingClaim, WaitingClaim.decision_id == CASE).outerjoin(
        WaitingEscalation, WaitingEscalation.decision_id == CASE
    )
    return joined


def _chosen(query: Select[Any], part: Part, reviewer: Reviewer) -> Select[Any]:
    match part:
        case Part.MINE:
            return query.where(WaitingClaim.taken_by == reviewer.label)
        case Part.FREE:
            return query.where(
                and_(WaitingClaim.decision_id.is_(None), WaitingEscalation.decision_id.is_(None))
            )
        case Part.ESCALATED:
            return query.where(WaitingEscalation.decision_id.is_not(None))
    return query
