"""Finds the rows that are in no block yet, without reading the whole table each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Integer, Uuid
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.seals import blocks, rows
from creditapp.seals.tables import (
    Key,
    SealedTable,
    first_key,
    milliseconds,
    moment_of,
    sealed_tables,
)

WINDOW_MILLISECONDS = 10 * 60 * 1000
"""How long before the last sealed row a row may have been made that commits after it."""

WINDOW_NUMBERS = 1000
"""The same for tables whose rows are numbered."""

PAGE = 50_000
"""The number of keys that are compared at a time."""


@dataclass(frozen=True)
class Found:
    """Keys of one table that are in no block."""

    table: SealedTable
    keys: list[Key]


def find_unsealed(*, everything: bool) -> Iterator[Found]:
    """The rows of all tables that are in no block, in the order of tables and keys.

    Without `everything`, rows that committed more than ten minutes late are not looked for.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    for table in sealed_tables().values():
        with reading() as session:
            after = None if everything else start_of_window(session, table)
        yield from find_unsealed_of(table, after)


def find_unsealed_of(table: SealedTable, after: Key | None) -> Iterator[Found]:
    """The rows of one table with a larger key that are in no block; each page in its own transaction."""
    while True:
        with reading() as session:
            page = rows.keys_after(session, table, after, PAGE)
            if not page:
                return
            sealed = sealed_among(session, table, page[0], page[-1])
        keys = [key for key in page if key not in sealed]
        if keys:
            yield Found(table, keys)
        after = page[-1]


def sealed_among(session: Session, table: SealedTable, low: Key, high: Key) -> set[Key]:
    """The sealed keys of all blocks that may hold keys from `low` to `high`."""
    found = blocks.keys_between(session, table.name, low, high)
    return {key for _, keys in found for key in split_keys(table, keys)}


def split_keys(table: SealedTable, keys: bytes) -> list[Key]:
    """Keys that are stored after each other."""
    if width := table.key_width:
        return [keys[at : at + width] for at in range(0, len(keys), width)]
    return [key for key, _ in table.decode(keys)]


def start_of_window(session: Session, table: SealedTable) -> Key | None:
    """The key after which rows may be in no block; None for the whole table."""
    highest = blocks.highest_key(session, table.name)
    newest = blocks.newest(session)
    first = table.table.columns[table.key[0]]
    if highest is None or newest is None:
        return None
    if isinstance(first.type, Uuid):
        start = first_key(_milliseconds_of_window(highest, newest.sealed_at))
        return start + highest[len(start) :]
    if isinstance(first.type, Integer):
        number = int.from_bytes(highest, "big")
        return table.encode([max(number - WINDOW_NUMBERS, 0)])
    return None


def _milliseconds_of_window(highest: Key, sealed_at: datetime) -> int:
    # why: neither a row from the future nor a clock that was set back keeps the rows of now from being found.
    latest = min(sealed_at, datetime.now(UTC))
    return min(moment_of(highest), milliseconds(latest)) - WINDOW_MILLISECONDS
