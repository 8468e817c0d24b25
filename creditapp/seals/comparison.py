"""Compares the rows of the database with the hashes in the blocks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from creditapp.decisions.erasures import find_erased
from creditapp.decisions.reviews import Review
from creditapp.seals import blocks, expiries, rows
from creditapp.seals.blocks import SealBlock, SealPart
from creditapp.seals.canonical import Hashed, leaf_of
from creditapp.seals.faults import Findings, Kind, Suspect
from creditapp.seals.tables import (
    UUID_BYTES,
    Key,
    SealedTable,
    milliseconds,
    moment_of,
    sealed_tables,
)
from creditapp.seals.unsealed import split_keys

LATE = timedelta(hours=1)
"""How much later than it was made a row may be sealed while a sealer runs."""

MOST_SWAPS = 200
"""Exchanged rows are looked for among at most so many edited rows of a table: each is tried with each."""


def compare(
    session: Session, block: SealBlock, parts: Sequence[SealPart], findings: Findings
) -> None:
    """Compare the rows of a block with their hashes; what differs is named by `name_suspects`."""
    for part in parts:
        table = sealed_tables().get(part.table_name)
        unknown = set(part.columns) - set(table.columns) if table else {part.table_name}
        if table is None or unknown:
            text = f"{', '.join(sorted(unknown))} is not known to this version of the code"
            findings.add(Kind.REWRITTEN, text, part.table_name, block.number)
            continue
        keys = split_keys(table, part.keys)
        findings.sealed[table.name] = findings.sealed.get(table.name, 0) + len(keys)
        hashed = rows.hash_stored(session, table, part.columns, keys)
        _compare_hashes(table, part, keys, hashed, findings)
        _find_late(table, block, hashed, findings)


def name_suspects(session: Session, findings: Findings) -> None:
    """Turn rows that differ or are missing into faults, unless their expiry or erasure is on record."""
    for name, suspects in findings.missing.items():
        table = sealed_tables()[name]
        last = expiries.last_block(session, name)
        kept = [suspect for suspect in suspects if suspect.block > last]
        findings.expired += len(suspects) - len(kept)
        gone = _without_erased(session, table, kept) if table.is_erasable else kept
        findings.erased += len(kept) - len(gone)
        _name_missing(session, table, gone, findings)
    for name, suspects in findings.edited.items():
        _name_edited(session, sealed_tables()[name], suspects, findings)


def is_late(table: SealedTable, key: Key, moment: str | None, limit: datetime) -> bool:
    """Whether a row was made before a time, by its key or its own column; False if it says nothing."""
    if table.key_is_dated and moment_of(key) < milliseconds(limit):
        return True
    return moment is not None and moment < limit.astimezone(UTC).isoformat(timespec="microseconds")


def _compare_hashes(
    table: SealedTable, part: SealPart, keys: list[Key], hashed: Hashed, findings: Findings
) -> None:
    if hashed.keys == keys and b"".join(hashed.leaves) == part.leaves:
        return
    found = dict(zip(hashed.keys, hashed.leaves, strict=True))
    for key, leaf in zip(keys, blocks.split(part.leaves), strict=False):
        if found.get(key) != leaf:
            kind = findings.edited if key in found else findings.missing
            suspect = Suspect(key, part.number, part.columns, leaf)
            kind.setdefault(table.name, []).append(suspect)


def _find_late(table: SealedTable, block: SealBlock, hashed: Hashed, findings: Findings) -> None:
    if block.since is None or not hashed.keys:
        return
    # why: a block that is dated before the one before it was sealed after the clock was set back.
    limit = min(block.since, block.sealed_at) - LATE
    earliest = min((moment for moment in hashed.moments if moment), default=None)
    if not is_late(table, hashed.keys[0], earliest, limit):
        return
    for key, moment in zip(hashed.keys, hashed.moments, strict=True):
        if is_late(table, key, moment, limit):
            text = (
                f"{table.shown(key)} was inserted late: more than an hour after it says it was made"
            )
            findings.add(Kind.INSERTED, text, table.name, block.number)


def _without_erased(
    session: Session, table: SealedTable, suspects: Sequence[Suspect]
) -> list[Suspect]:
    erased: set[Key] = set()
    for start in range(0, len(suspects), rows.KEYS_AT_ONCE):
        some = [suspect.key for suspect in suspects[start : start + rows.KEYS_AT_ONCE]]
        decisions = _decisions_of(session, table, some)
        gone = find_erased(session, table.name, decisions.values())
        erased |= {key for key, decision_id in decisions.items() if decision_id in gone}
    return [suspect for suspect in suspects if suspect.key not in erased]


def _decisions_of(session: Session, table: SealedTable, keys: Sequence[Key]) -> dict[Key, UUID]:
    """The decisions that erasable rows belong to: by the end of their keys, or as the words of a review."""
    if table.key[-1] == "decision_id":
        return {key: UUID(bytes=key[-UUID_BYTES:]) for key in keys}
    query = select(Review.id, Review.decision_id).where(
        Review.id.in_([int.from_bytes(key, "big") for key in keys])
    )
    return {table.encode([number]): decision_id for number, decision_id in session.execute(query)}


def _name_missing(
    session: Session, table: SealedTable, suspects: Sequence[Suspect], findings: Findings
) -> None:
    if not suspects:
        return
    first = min(suspects, key=lambda suspect: suspect.key)
    newest = rows.newest_key(session, table)
    if newest is None or first.key > newest:
        text = f"the last {len(suspects)} rows are gone, from {table.shown(first.key)} on"
        findings.add(Kind.CUT, text, table.name, first.block)
        return
    for suspect in suspects:
        text = f"{table.shown(suspect.key)} is gone"
        findings.add(Kind.REMOVED, text, table.name, suspect.block)


def _name_edited(
    session: Session, table: SealedTable, suspects: Sequence[Suspect], findings: Findings
) -> None:
    partners = _find_swaps(session, table, suspects) if len(suspects) <= MOST_SWAPS else {}
    for suspect in suspects:
        shown = table.shown(suspect.key)
        if partner := partners.get(suspect.key):
            text = f"{shown} has the content of {table.shown(partner)}"
            findings.add(Kind.SWAPPED, text, table.name, suspect.block)
        else:
            text = f"{shown} is not as it was sealed"
            findings.add(Kind.EDITED, text, table.name, suspect.block)


def _find_swaps(
    session: Session, table: SealedTable, suspects: Sequence[Suspect]
) -> dict[Key, Key]:
    """The rows whose content is what was sealed under another key, with that key."""
    keys = sorted(suspect.key for suspect in suspects)
    if len(keys) == 1:
        return {}
    values = rows.read_row_values(session, table, table.columns, keys)
    partners = {}
    for one in suspects:
        for other in suspects:
            if one is other or one.key not in values or other.key not in values:
                continue
            moved = {**values[one.key], **{name: values[other.key][name] for name in table.key}}
            content = [moved[name] for name in other.columns]
            if leaf_of(table.name, other.columns, content) == other.leaf:
                partners[one.key] = other.key
    return partners
