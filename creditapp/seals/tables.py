"""The tables that are sealed, and their keys as bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Integer, Table, Uuid
from sqlalchemy.types import TypeEngine

from creditapp.database import append_only
from creditapp.database.engine import Base

MOMENTS = append_only.EXPIRING | {
    "challenger": "set_at",
    "deployment": "deployed_at",
    "expiry": "expired_at",
    "policy": "set_at",
    "proposal": "proposed_at",
    "proposal_decision": "decided_at",
}
"""The column that holds when a row was made, where a table has one."""

DIGESTED = {("served_bundle", "content")}
"""Columns that enter with the digest of their bytes, as these are many."""

UUID_BYTES = 16
INTEGER_BYTES = 8
LENGTH_BYTES = 2

Key = bytes
"""The key of a row as bytes, which sort as the database sorts the key."""


@dataclass(frozen=True)
class SealedTable:
    """A table of the record."""

    table: Table

    @cached_property
    def name(self) -> str:
        """Its name."""
        return self.table.name

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns of its primary key."""
        return tuple(column.name for column in self.table.primary_key)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of their names."""
        return tuple(sorted(column.name for column in self.table.columns))

    @property
    def is_erasable(self) -> bool:
        """Whether its rows may be deleted."""
        return self.name in append_only.ERASABLE

    @property
    def moment(self) -> str | None:
        """The column that holds when a row was made."""
        return MOMENTS.get(self.name)

    @cached_property
    def key_is_dated(self) -> bool:
        """Whether its key begins with the milliseconds at which its row was made."""
        # why: a challenger may score a decision long after it was made.
        first = self.table.columns[self.key[0]]
        return isinstance(first.type, Uuid) and self.name != "challenger_score"

    @cached_property
    def key_width(self) -> int | None:
        """The number of bytes of each key; None if they differ."""
        kinds = [self.type_of(column) for column in self.key]
        if not all(isinstance(kind, Uuid | Integer) for kind in kinds):
            return None
        return sum(UUID_BYTES if isinstance(kind, Uuid) else INTEGER_BYTES for kind in kinds)

    def type_of(self, column: str) -> TypeEngine[Any]:
        """The type of a column.

        Raises:
            KeyError: this version of the code does not know the column.
        """
        return self.table.columns[column].type

    def encode(self, values: Sequence[Any]) -> Key:
        """The key as bytes; its values as they are in canonical rows."""
        return b"".join(map(_encode, values))

    def decode(self, keys: bytes) -> Iterator[tuple[Key, tuple[Any, ...]]]:
        """Each of several keys after each other: its bytes, and its values."""
        types = [self.type_of(column) for column in self.key]
        place = 0
        while place < len(keys):
            start, values = place, []
            for kind in types:
                value, place = _decode(kind, keys, place)
                values.append(value)
            yield keys[start:place], tuple(values)

    def shown(self, key: Key) -> str:
        """A key as people read it."""
        [(_, values)] = self.decode(key)
        return " ".join(map(str, values))


@cache
def sealed_tables() -> dict[str, SealedTable]:
    """The sealed tables by their names, in the order of their names."""
    tables = Base.metadata.tables
    return {name: SealedTable(tables[name]) for name in sorted(append_only.RECORD)}


def milliseconds(moment: datetime) -> int:
    """A moment as it begins a version 7 UUID."""
    return int(moment.timestamp() * 1000)


def first_key(moment: int) -> Key:
    """The smallest UUID of a moment, given in milliseconds."""
    return max(moment, 0).to_bytes(6, "big") + bytes(10)


def moment_of(key: Key) -> int:
    """The milliseconds that a version 7 UUID begins with."""
    return int.from_bytes(key[:6], "big")


def _encode(value: Any) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(INTEGER_BYTES, "big")
    if len(value) == 36 and value[8] == value[13] == value[18] == value[23] == "-":
        return bytes.fromhex(value.replace("-", ""))
    text = value.encode()
    return len(text).to_bytes(LENGTH_BYTES, "big") + bytes(text)


def _decode(kind: TypeEngine[Any], keys: bytes, place: int) -> tuple[Any, int]:
    if isinstance(kind, Uuid):
        end = place + UUID_BYTES
        return dashed(keys[place:end].hex()), end
    if isinstance(kind, Integer):
        end = place + INTEGER_BYTES
        return int.from_bytes(keys[place:end], "big"), end
    start = place + LENGTH_BYTES
    end = start + int.from_bytes(keys[place:start], "big")
    return keys[start:end].decode(), end


def dashed(digits: str) -> str:
    """A UUID as text, from its 32 hexadecimal digits."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
