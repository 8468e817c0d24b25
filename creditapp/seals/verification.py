"""Verifies the record: the chain, the rows, the triggers, and heads that are kept elsewhere."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from creditapp.database.session import reading, writing
from creditapp.seals import blocks, chain, comparison, rows, triggers
from creditapp.seals.blocks import BEFORE_THE_FIRST, Head, SealBlock, SealCheck
from creditapp.seals.chain import Ahead
from creditapp.seals.faults import Findings, Kind, Report
from creditapp.seals.signatures import PublicKeys
from creditapp.seals.tables import Key, SealedTable, sealed_tables
from creditapp.seals.unsealed import find_unsealed_of, start_of_window


def verify(
    keys: PublicKeys | None,
    heads: Iterable[Head] | None = None,
    *,
    full: bool,
    most_blocks: int | None = None,
) -> Report:
    """Verify the record since the last verified head, or all of it, and remember the result.

    Args:
        keys: The public keys that may have signed; without them, signatures are not checked.
        heads: Heads that were kept elsewhere.
        full: Whether to compare all blocks, and all rows that are in no block.
        most_blocks: How many blocks to compare at most; None for all.

    Raises:
        BadHeads: the heads cannot be read.
        DatabaseUnavailable: the database cannot be read, or the result cannot be written.
    """
    started = time.perf_counter()
    findings = Findings()
    with reading() as session:
        newest = blocks.newest(session)
        before = None if full else _last_verified(session, newest, findings)
        ahead = chain.compare_heads(session, heads or (), newest, findings)
        last = _compare_blocks(session, before, keys, most_blocks, findings)
        comparison.name_suspects(session, findings)
        triggers.check_triggers(session, findings)
    unsealed = _check_unsealed(newest, ahead, findings, full=full)
    report = Report(
        faults=findings.faults,
        first=before.number + 1 if before else 1,
        last=last.number if last else 0,
        rows=sum(findings.sealed.values()),
        erased=findings.erased,
        expired=findings.expired,
        unsealed=unsealed,
        unsigned=keys is None and newest is not None,
        seconds=time.perf_counter() - started,
    )
    _remember(last, findings)
    return report


def _last_verified(
    session: Session, newest: SealBlock | None, findings: Findings
) -> SealBlock | None:
    """The block to go on from; None for the beginning, also where that block is not what it was."""
    check = blocks.last_check(session)
    if check is None or not check.number:
        return None
    block = session.get(SealBlock, check.number)
    last = newest.number if newest else 0
    if last < check.number:
        findings.add(Kind.CUT, f"blocks {last + 1} to {check.number}, once verified, are gone")
        return None
    if block is None or block.head != check.head:
        text = "it is not the one that was verified before"
        findings.add(Kind.REWRITTEN, text, block=check.number)
        return None
    return block


def _compare_blocks(
    session: Session,
    before: SealBlock | None,
    keys: PublicKeys | None,
    most: int | None,
    findings: Findings,
) -> SealBlock | None:
    """Compare the blocks after one with their rows; the last of them."""
    for block in islice(blocks.after(session, before.number if before else 0), most):
        parts = blocks.parts_of(session, block.number)
        chain.check_link(before, block, findings)
        chain.check_block(block, parts, keys, findings)
        comparison.compare(session, block, parts, findings)
        session.expunge_all()
        before = block
    return before


def _check_unsealed(
    newest: SealBlock | None, ahead: Ahead, findings: Findings, *, full: bool
) -> int:
    """Judge rows that are in no block, and heads that the chain has not reached; how many rows there are."""
    unsealed = _find_inserted(newest, ahead, findings, full=full) if newest else _count_all()
    if ahead.number:
        last = newest.number if newest else 0
        text = (
            f"the heads kept elsewhere go on to block {ahead.number}, and the database ends with "
            f"block {last}"
        )
        # why: an older copy has neither the blocks nor their rows; whoever cuts blocks may leave the rows.
        others = {one.kind for one in findings.faults}
        was_cut = unsealed >= ahead.rows or others & {Kind.CUT, Kind.REWRITTEN}
        findings.add(Kind.CUT if was_cut else Kind.OLDER, text)
    return unsealed


def _find_inserted(newest: SealBlock, ahead: Ahead, findings: Findings, *, full: bool) -> int:
    """Name rows that are in no block although they are old; how many are in no block."""
    limit = min(newest.sealed_at, datetime.now(UTC)) - comparison.LATE
    unsealed = 0
    for table in sealed_tables().values():
        for key, moment in _unsealed_of(table, findings, full=full):
            unsealed += 1
            if not ahead.number and comparison.is_late(table, key, moment, limit):
                text = f"{table.shown(key)} is in no block, and says that it was made long ago"
                findings.add(Kind.INSERTED, text, table.name)
    return unsealed


def _unsealed_of(
    table: SealedTable, findings: Findings, *, full: bool
) -> list[tuple[Key, str | None]]:
    """The rows of a table that are in no block, each with when it was made."""
    with reading() as session:
        after = start_of_window(session, table)
        expected = _expected(session, table, findings) if full else None
    found = [key for one in find_unsealed_of(table, after) for key in one.keys]
    if expected is not None and len(found) != expected:
        # why: rows that lie before the window are rare, and finding them reads all keys.
        found = [key for one in find_unsealed_of(table, None) for key in one.keys]
    columns = [table.moment] if table.moment else []
    if not columns:
        return [(key, None) for key in found]
    with reading() as session:
        hashed = rows.hash_stored(session, table, columns, found)
    return list(zip(hashed.keys, hashed.moments, strict=True))


def _expected(session: Session, table: SealedTable, findings: Findings) -> int:
    """How many rows of a table are in no block, after all blocks were compared."""
    stored = session.scalar(select(func.count()).select_from(table.table)) or 0
    missing = len(findings.missing.get(table.name, ()))
    return stored - findings.sealed.get(table.name, 0) + missing


def _count_all() -> int:
    with reading() as session:
        return sum(rows.count_after(session, table, None) for table in sealed_tables().values())


def _remember(last: SealBlock | None, findings: Findings) -> None:
    """Keep the result; blocks from the first faulty one on are compared again next time."""
    number = last.number if last else 0
    if findings.bad_blocks:
        number = min(number, min(findings.bad_blocks) - 1)
    with writing() as session:
        block = session.get(SealBlock, number) if number > 0 else None
        session.merge(
            SealCheck(
                id=1,
                checked_at=datetime.now(UTC),
                number=block.number if block else 0,
                head=block.head if block else BEFORE_THE_FIRST,
                faults=len(findings.faults),
            )
        )
