"""A row as bytes that are the same on SQLite and PostgreSQL, and its leaf hash.

The bytes are JSON with sorted keys: `{"row": {column: value, …}, "table": name}`. Times are UTC in ISO 8601
with microseconds, days are YYYY-MM-DD, UUIDs are text, bytes are hexadecimal, and floats have the shortest
text that reads back equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Boolean, Date, DateTime, LargeBinary, Uuid
from sqlalchemy.types import TypeDecorator

from creditapp.seals.tables import DIGESTED, Key, SealedTable, dashed

UNREADABLE = b""
"""The leaf of a row that holds what its column cannot hold; it equals no hash."""

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Hashed:
    """Rows as they enter a tree: their keys, leaf hashes, and when each was made (ISO 8601, or none)."""

    keys: list[Key]
    leaves: list[bytes]
    moments: list[str | None]


def canonical(table: str, values: dict[str, Any]) -> bytes:
    """The bytes of a row, given its canonical values by column."""
    return orjson.dumps({"row": values, "table": table}, option=orjson.OPT_SORT_KEYS)


def read_values(
    table: SealedTable, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...] | None]:
    """The canonical values of rows as the driver gives them; None for a row that cannot be read."""
    converters = [_converter(table, column) for column in columns]
    try:
        return _convert_columns(converters, rows)
    except (ValueError, TypeError, AttributeError):
        return [_convert_row(converters, row) for row in rows]


def hash_rows(
    table: SealedTable, columns: Sequence[str], rows: Sequence[Sequence[Any]], keys: list[Key]
) -> Hashed:
    """The hashes of rows, from what the driver gave for `columns` and the rows' keys."""
    moment = columns.index(table.moment) if table.moment in columns else None
    leaves: list[bytes] = []
    moments: list[str | None] = []
    for values in read_values(table, columns, rows):
        leaves.append(UNREADABLE if values is None else leaf_of(table.name, columns, values))
        moments.append(None if values is None or moment is None else values[moment])
    return Hashed(keys, leaves, moments)


def leaf_of(table: str, columns: Sequence[str], values: Sequence[Any]) -> bytes:
    """The leaf hash of a row's canonical values."""
    try:
        content = canonical(table, dict(zip(columns, values, strict=True)))
    except orjson.JSONEncodeError:
        return UNREADABLE
    # why: not `merkle.leaf_hash`, as a call for each of millions of rows takes a second.
    return sha256(b"\x00" + content).digest()


def _convert_columns(
    converters: Sequence[Convert | None], rows: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...] | None]:
    columns = zip(*rows, strict=True)
    converted = [
        column if convert is None else map(convert, column)
        for convert, column in zip(converters, columns, strict=False)
    ]
    return list(zip(*converted, strict=True))


def _convert_row(
    converters: Sequence[Convert | None], row: Sequence[Any]
) -> tuple[Any, ...] | None:
    try:
        pairs = zip(converters, row, strict=True)
        return tuple(convert(value) if convert else value for convert, value in pairs)
    except (ValueError, TypeError, AttributeError):
        return None


def _converter(table: SealedTable, column: str) -> Convert | None:
    kind = table.type_of(column)
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if (table.name, column) in DIGESTED:
        return _digest
    for base, convert in CONVERTERS.items():
        if isinstance(kind, base):
            return convert
    return None


def _uuid(value: str | UUID | None) -> str | None:
    if isinstance(value, UUID):
        return str(value)
    return value and dashed(value)


def _time(value: str | datetime | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) == len("2026-01-01 00:00:00.000000") and value[10] == " ":
            return f"{value[:10]}T{value[11:]}+00:00"
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _json(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _digest(value: bytes | None) -> str | None:
    return None if value is None else sha256(value).hexdigest()


def _day(value: str | date | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _truth(value: int | None) -> bool | None:
    if value not in (None, 0, 1):
        raise ValueError(f"{value!r} is neither true nor false")
    return None if value is None else bool(value)


CONVERTERS: dict[type, Convert] = {
    Uuid: _uuid,
    DateTime: _time,
    JSON: _json,
    LargeBinary: _hex,
    Date: _day,
    Boolean: _truth,
}
