"""Deletes rows of the sealed record after their time, and puts that on record first.

Only rows in blocks that were sealed before the time go, so that a verification can tell which rows may be
missing. All rows of an owner go, or none.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from creditapp.database.session import purge, reading, writing
from creditapp.exceptions import NotSealed
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.retention.groups import Group, Part, Row
from creditapp.seals import blocks, expiries

AT_ONCE = 500
"""How many owners go in one transaction, so that scoring does not wait for long."""

Found = list[tuple[Part, list[Row]]]
"""Rows that can go, by part."""


class Due(NamedTuple):
    """What is due: rows that were made before a time, in blocks up to a number; and who deletes them."""

    before: datetime
    last_block: int
    actor: Actor


def expire(group: Group, before: datetime, actor: Actor, *, dry_run: bool) -> int:
    """Delete what was made and sealed before a time; how many owners that are.

    Raises:
        NotSealed: something is due, and nothing is sealed.
        DatabaseUnavailable: not all of it was deleted; the next run goes on.
    """
    due = Due(before, _last_block(group, before), actor)
    number = 0
    noted: set[str] = set()
    for owners in _pages(group, before) if due.last_block else ():
        found = _find(group, owners, due)
        gone = len(found[-1][1])
        if gone and not dry_run:
            _delete(group, found, due, noted)
        number += gone
    if number and not dry_run:
        purge()
    return number


def _last_block(group: Group, before: datetime) -> int:
    with reading() as session:
        if blocks.newest(session) is None and group.find_oldest(session, before):
            raise NotSealed("nothing is sealed, so nothing can expire; run: flask seal")
        return blocks.last_before(session, before)


def _pages(group: Group, before: datetime) -> Iterator[Sequence[Any]]:
    """The owners from before a time, in their order."""
    owner, moment = group.own.owner, group.own.moment
    query = select(owner, moment).where(group.is_old(before)).order_by(owner).limit(AT_ONCE)
    after = None
    while True:
        with reading() as session:
            page = session.execute(query if after is None else query.where(owner > after)).all()
        owners = [one for one, made_at in page if made_at < before]
        if not owners:
            return
        yield owners
        after = page[-1][0]


def _find(group: Group, owners: Sequence[Any], due: Due) -> Found:
    """The rows of those owners all of whose rows are due."""
    with reading() as session:
        found = [(part, part.find(session, owners)) for part in group.parts]
        kept = set()
        for part, rows in found:
            keys = [row.key for row in rows]
            sealed = expiries.find_in_blocks(session, part.table, keys, due.last_block)
            kept |= {row.owner for row in rows if row.key not in sealed or _is_later(row, due)}
    return [(part, [row for row in rows if row.owner not in kept]) for part, rows in found]


def _is_later(row: Row, due: Due) -> bool:
    # why: a host whose clock is ahead makes rows that are sealed before they say that they were made.
    return row.moment is not None and row.moment >= due.before


def _delete(group: Group, found: Found, due: Due, noted: set[str]) -> None:
    """Delete rows in one transaction, after their expiry; each table has an event the first time."""
    numbers = {part.name: len(rows) for part, rows in found if rows}
    with writing() as session:
        for name in sorted(numbers.keys() | group.covered):
            expiries.add(session, name, due.last_block, due.before, due.actor, numbers.get(name, 0))
        for name in sorted(numbers.keys() - noted):
            detail = (
                f"made before {due.before:%Y-%m-%d %H:%M} UTC, in blocks up to {due.last_block}"
            )
            audit.note(session, due.actor, Action.DATA_EXPIRED, name, detail)
        session.flush()
        for part, rows in found:
            if rows:
                part.delete(session, rows)
    noted.update(numbers)
