"""The list of decisions as people work with it: filtered, sorted, searched, both ways, and never for long.

Most filters have no index, as each index makes each decision slower. So one look reads at most `AT_ONCE`
decisions, from the edge of the page on; what it found is shown with how far it looked, and the next look goes
on there. Ids grow with the time, so the time needs no index of its own. References and ids that begin with
the text are found by index among all decisions; only where there are none, or on demand, a look reads
references that have the text elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.decisions.filters import Filters, Order
from creditapp.decisions.log import Answers, Decision, find, moment_of
from creditapp.decisions.references import begins_with, contains, is_same

AT_ONCE = 10_000
"""How many decisions one look reads at most."""
MOST_KNOWN = 1_000
"""How many decisions one text finds by index."""
MOST_EXPORTED = 100_000
SEARCH_VARIABLE = "CREDITAPP_EXPORT_SEARCH"
"""The variable of the environment that gives a command the search text, which other users must not see."""
PART = 1_000
"""How many decisions are read at a time for an export."""
SHORTEST_ID = 6
"""How many digits of an id are enough to look for it."""
DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Page:
    """Some decisions in their order, and what is known of the others.

    `before` and `after` are ids to go on from, both ways; none where there is nothing more. `number` is how
    many the first look found, none for later pages; `is_whole` says that the look reached all decisions.
    `searched_to` is how far back (or on) it reached, where the page ends there. `is_known` says that the text
    was found by index, among all decisions; `is_cut` that too many references or ids begin with it.
    """

    decisions: Sequence[Decision]
    before: UUID | None
    after: UUID | None
    number: int | None
    is_whole: bool
    searched_to: datetime | None
    is_known: bool = False
    is_cut: bool = False


class _Known(NamedTuple):
    """Decisions that a text finds by index, and whether it would find too many."""

    ids: Sequence[UUID] = ()
    is_cut: bool = False


class _Look:
    """One look: its filters, in one transaction."""

    def __init__(self, session: Session, filters: Filters) -> None:
        self.session = session
        self.filters = filters
        self.dialect = session.connection().dialect
        self.known = _find_known(session, filters)

    def end(self, edge: UUID | None, *, rising: bool) -> UUID | None:
        """The last id that a look from an edge reads; none if it reads all."""
        if self.known.ids:
            return None
        column = self.filters.id_column
        query = select(column).where(*self.filters.bounds(column)).distinct()
        if edge:
            query = query.where(column > edge if rising else column < edge)
        query = query.order_by(column if rising else column.desc())
        found = self.session.scalars(query.offset(AT_ONCE - 1).limit(2)).all()
        return found[0] if len(found) == 2 else None

    def query(self, end: UUID | None, *columns: Any, rising: bool) -> Select[Any]:
        """A query for columns of the fitting decisions up to an end."""
        query = select(*columns).select_from(Decision).where(*self.filters.conditions())
        if self.filters.needs_answers or self.filters.text:
            query = query.join(Answers, Answers.decision_id == Decision.decision_id)
        if self.known.ids:
            query = query.where(Decision.decision_id.in_(self.known.ids))
        elif self.filters.text:
            query = query.where(contains(self.filters.text.strip(), self.dialect))
        return self._narrowed(query, end, rising=rising)

    def key_of(self, decision_id: UUID) -> Any:
        """What the order compares of a decision."""
        query = select(self.filters.sort_key).select_from(Decision).outerjoin(Answers)
        return self.session.scalar(query.where(Decision.decision_id == decision_id))

    def _narrowed(self, query: Select[Any], end: UUID | None, *, rising: bool) -> Select[Any]:
        """The query among the ids from the bounds to the end, read where there are the fewest."""
        column = self.filters.id_column
        among = self.filters.bounds(column)
        if end:
            among.append(column <= end if rising else column >= end)
        if column is Decision.decision_id:
            return query.where(*among)
        if self.known.ids:
            return query.where(exists().where(column == Decision.decision_id))
        ids = select(column.label("decision_id")).where(*among).distinct().subquery()
        return query.join(ids, ids.c.decision_id == Decision.decision_id)


def _find_known(session: Session, filters: Filters) -> _Known:
    """What begins with the text: the reference, as given and without blanks around it, and the id."""
    plain, dialect = filters.text.strip(), session.connection().dialect
    if not plain or filters.inside:
        return _Known()
    ids: list[UUID] = []
    is_cut = False
    for text in dict.fromkeys((filters.text, plain)):
        begins = select(Answers.decision_id).where(*begins_with(text, dialect))
        found = session.scalars(begins.limit(MOST_KNOWN + 1)).all()
        if len(found) > MOST_KNOWN:
            is_cut = True
            exact = select(Answers.decision_id).where(*is_same(text))
            exact = exact.order_by(Answers.decision_id.desc())
            found = session.scalars(exact.limit(MOST_KNOWN)).all()
        ids += found
    if span := id_span(plain):
        query = select(Decision.decision_id).where(Decision.decision_id.between(*span))
        query = query.order_by(Decision.decision_id.desc())
        found = session.scalars(query.limit(MOST_KNOWN + 1)).all()
        is_cut = is_cut or len(found) > MOST_KNOWN
        ids += found[:MOST_KNOWN]
    return _Known(list(dict.fromkeys(ids)), is_cut)


def find_page(filters: Filters, limit: int, *, after: str = "", before: str = "") -> Page:
    """The first decisions in the order; those after one decision, or the last ones before it.

    Raises:
        UnknownDecision: `after` or `before` is the id of no decision.
        DatabaseUnavailable: the database cannot be read.
    """
    if not filters.text.isprintable():
        # why: no reference has such a character, and no database looks it up.
        return Page((), None, None, 0, is_whole=True, searched_to=None)
    edge = find(after or before).decision_id if after or before else None
    backwards = bool(before and not after)
    with reading() as session:
        look = _Look(session, filters)
        ids, end, number = _page_ids(look, edge, limit, backwards=backwards)
        decisions = load(session, ids[:limit])
    has_more = len(ids) > limit
    on = ids[limit - 1] if has_more else end if filters.order.is_by_time else None
    if backwards:
        decisions = decisions[::-1]
        first, last = on, (ids[0] if ids else None)
    else:
        first, last = (ids[0] if ids and edge else None), on
    is_partial = end is not None and not (has_more and filters.order.is_by_time)
    searched_to = moment_of(end) if end and is_partial else None
    return Page(
        decisions,
        first,
        last,
        number=None if edge else number,
        is_whole=end is None,
        searched_to=searched_to,
        is_known=bool(look.known.ids),
        is_cut=look.known.is_cut,
    )


def find_all(filters: Filters, most: int) -> Iterable[Sequence[Decision]]:
    """All fitting decisions in the order of their time, a part at a time, and at most so many.

    Raises:
        DatabaseUnavailable: the database cannot be read; what came before is a part of the list.
    """
    if not filters.order.is_by_time:
        filters = replace(filters, order=Order.NEWEST)
    edge: UUID | None = None
    if not filters.text.isprintable():
        return
    while most > 0:
        with reading() as session:
            look = _Look(session, filters)
            ids, end, _ = _page_ids(look, edge, min(PART, most), backwards=False)
            part = ids[: min(PART, most)]
            decisions = load(session, part)
        if decisions:
            yield decisions
        most -= len(decisions)
        edge = part[-1] if len(ids) > len(part) else end
        if edge is None:
            return


def load(session: Session, ids: Sequence[UUID]) -> list[Decision]:
    """Decisions by their ids, in the order of those, with their answers."""
    rows = session.scalars(select(Decision).where(Decision.decision_id.in_(ids)))
    found = {one.decision_id: one for one in rows}
    return [found[one] for one in ids if one in found]


def id_span(text: str) -> tuple[UUID, UUID] | None:
    """The ids that begin with a text; none if it cannot be the beginning of one, or is too short."""
    digits = text.lower().replace("-", "")
    if not SHORTEST_ID <= len(digits) <= 32 or not DIGITS.issuperset(digits):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def _page_ids(
    look: _Look, edge: UUID | None, limit: int, *, backwards: bool
) -> tuple[list[UUID], UUID | None, int]:
    """One id more than a page has, in the order of reading; the last id looked at; how many fit, if first."""
    order, key, decision_id = look.filters.order, look.filters.sort_key, Decision.decision_id
    rising = order.is_rising is not backwards
    # why: what is sorted by another value is sorted among the newest decisions.
    reading_up = rising if order.is_by_time else False
    end = look.end(edge if order.is_by_time else None, rising=reading_up)
    # why: the first page counts in the same query, as reading answers twice takes twice the time.
    number = literal(0) if edge else func.count().over()
    query = look.query(end, decision_id, number, rising=reading_up)
    if edge:
        query = query.where(_beyond(look, edge, rising=rising))
    sorting = (decision_id,) if order.is_by_time else (key, decision_id)
    query = query.order_by(*(one if rising else one.desc() for one in sorting))
    rows = look.session.execute(query.limit(limit + 1)).all()
    return [row[0] for row in rows], end, rows[0][1] if rows else 0


def _beyond(look: _Look, edge: UUID, *, rising: bool) -> ColumnElement[bool]:
    """The condition that a row comes after an edge."""
    decision_id = Decision.decision_id
    after_id = decision_id > edge if rising else decision_id < edge
    if look.filters.order.is_by_time:
        return after_id
    key, value = look.filters.sort_key, look.key_of(edge)
    return or_(key > value if rising else key < value, and_(key == value, after_id))
