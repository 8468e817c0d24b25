"""Lists of events: filtered, a page at a time in both directions, quick over millions of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.identity.audit import AuditEvent

CLOCK_SKEW = timedelta(hours=1)
"""How far the clocks of hosts may differ: numbers of events follow their times within that."""

KINDS = ("person:", "key:", "command line: ")
"""What stands before the name of who acted."""

ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class WantedEvents:
    """Which events to list; an empty field does not filter. Times have an offset from UTC.

    `actor` is a label, or the name or the id in one.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    action: str = ""
    subject: str = ""


@dataclass(frozen=True)
class EventPage:
    """Events, newest first, and whether there are newer and older ones."""

    events: Sequence[AuditEvent]
    has_newer: bool
    has_older: bool


def find_page(
    wanted: WantedEvents, before: int | None = None, after: int | None = None, limit: int = 50
) -> EventPage:
    """A page of events: the newest, those before an event, or those that follow one.

    Raises:
        DatabaseUnavailable: the events cannot be read.
    """
    with reading() as session:
        query = _filtered(session, wanted)
        if after is not None:
            events = _next_ones(session, query, after, limit)[::-1]
            return EventPage(events, _has_newer(session, query, events), has_older=True)
        narrowed = query if before is None else query.where(AuditEvent.id < before)
        newest = narrowed.order_by(AuditEvent.id.desc()).limit(limit + 1)
        found = session.scalars(newest).all()
        has_newer = before is not None and _has_newer(session, query, found)
        return EventPage(found[:limit], has_newer, has_older=len(found) > limit)


def iterate(wanted: WantedEvents, most: int) -> Iterator[AuditEvent]:
    """At most `most` events, newest first, read in short transactions.

    Raises:
        DatabaseUnavailable: the events cannot be read any more; what came before is right.
    """
    last: int | None = None
    left = most
    while left > 0:
        page = find_page(wanted, before=last, limit=min(ROWS_AT_ONCE, left))
        yield from page.events
        left -= len(page.events)
        if not page.has_older:
            return
        last = page.events[-1].id


def _next_ones(
    session: Session, query: Select[AuditEvent], after: int, limit: int
) -> Sequence[AuditEvent]:
    return session.scalars(
        query.where(AuditEvent.id > after).order_by(AuditEvent.id).limit(limit)
    ).all()


def _has_newer(session: Session, query: Select[AuditEvent], events: Sequence[AuditEvent]) -> bool:
    """Whether an event follows the first of a page; a page without events may be past the end."""
    return not events or bool(_next_ones(session, query, events[0].id, 1))


def _filtered(session: Session, wanted: WantedEvents) -> Select[AuditEvent]:
    named = replace(wanted, actor=_label(session, wanted.actor))
    query = select(AuditEvent)
    if named.subject:
        query = query.where(AuditEvent.subject == named.subject)
    for column, value in ((AuditEvent.actor, named.actor), (AuditEvent.action, named.action)):
        if value:
            # why: few events have one subject, and an expression keeps the database to its index.
            query = query.where((column.concat("") if named.subject else column) == value)
    # why: bounds on numbers keep the database from reading all events until it finds one of that time.
    if named.since:
        first = _number_at(session, named.since - CLOCK_SKEW)
        query = query.where(AuditEvent.at >= named.since, AuditEvent.id >= first)
    if named.until:
        last = _number_at(session, named.until + CLOCK_SKEW)
        query = query.where(AuditEvent.at < named.until, AuditEvent.id <= last)
    return query


def _number_at(session: Session, moment: datetime) -> int:
    """The number of the first event at or after a time; of the newest one where there is none."""
    first = select(AuditEvent.id).where(AuditEvent.at >= moment).order_by(AuditEvent.at).limit(1)
    found = session.scalar(first)
    return found if found is not None else session.scalar(select(func.max(AuditEvent.id))) or 0


def _label(session: Session, actor: str) -> str:
    """The label that a name stands for: the text itself, unless only a person, key or user has it."""
    for label in (actor, *(f"{kind}{actor}" for kind in KINDS)):
        if actor and session.scalar(
            select(AuditEvent.id).where(AuditEvent.actor == label).limit(1)
        ):
            return label
    return actor
