"""Reads rows and keys of the sealed tables, as the driver gives them."""

from collections.abc import Iterator, Sequence
from itertools import compress, islice
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import NULLTYPE

from creditapp.seals.canonical import Hashed, hash_rows, read_values
from creditapp.seals.tables import Key, SealedTable

KEYS_AT_ONCE = 500
"""How many rows one statement asks for by their keys."""

LARGE_ROWS_AT_ONCE = 5
"""The same, where a row may have a megabyte."""


def hash_stored(
    session: Session, table: SealedTable, columns: Sequence[str], keys: Sequence[Key]
) -> Hashed:
    """The rows with these keys that the table holds, in the order of the keys, with their hashes.

    Raises:
        KeyError: this version of the code does not know one of the columns.
    """
    hashed = Hashed([], [], [])
    for asked, raw, keys_found in _read(session, table, columns, keys):
        some = hash_rows(table, columns, raw, keys_found)
        kept = [key in asked for key in some.keys]
        hashed.keys.extend(compress(some.keys, kept))
        hashed.leaves.extend(compress(some.leaves, kept))
        hashed.moments.extend(compress(some.moments, kept))
    return hashed


def read_row_values(
    session: Session, table: SealedTable, columns: Sequence[str], keys: Sequence[Key]
) -> dict[Key, dict[str, Any]]:
    """The canonical values of the same rows by column; rows that cannot be read are left out."""
    return {
        key: dict(zip(columns, values, strict=True))
        for asked, raw, found in _read(session, table, columns, keys)
        for key, values in zip(found, read_values(table, columns, raw), strict=True)
        if values is not None and key in asked
    }


def keys_after(session: Session, table: SealedTable, after: Key | None, limit: int) -> list[Key]:
    """The next keys in their order."""
    columns = [_raw(table, name) for name in table.key]
    query = select(*columns).select_from(table.table).limit(limit)
    query = query.order_by(*(table.table.columns[name] for name in table.key))
    if after is not None:
        query = query.where(_is_after(table, after))
    return _keys(table, session.execute(query).all())


def newest_key(session: Session, table: SealedTable) -> Key | None:
    """The largest key; none if the table is empty."""
    columns = [_raw(table, name) for name in table.key]
    order = (table.table.columns[name].desc() for name in table.key)
    query = select(*columns).select_from(table.table).order_by(*order).limit(1)
    return next(iter(_keys(table, session.execute(query).all())), None)


def count_after(session: Session, table: SealedTable, after: Key | None) -> int:
    """How many rows have a larger key."""
    query = select(func.count()).select_from(table.table)
    if after is not None:
        query = query.where(_is_after(table, after))
    return session.scalar(query) or 0


def _read(
    session: Session, table: SealedTable, columns: Sequence[str], keys: Sequence[Key]
) -> Iterator[tuple[set[Key], Sequence[Sequence[Any]], list[Key]]]:
    """The keys of a statement, the rows that it gave in the order of their keys, and these rows' keys."""
    selected = [_raw(table, name) for name in (*columns, *table.key)]
    order = [table.table.columns[name] for name in table.key]
    first = _typed(table, table.key[0])
    size = LARGE_ROWS_AT_ONCE if table.name == "served_bundle" else KEYS_AT_ONCE
    query: Select[Any] = select(*selected).order_by(*order)
    for some in _batches(keys, size):
        wanted = {values[0] for _, values in table.decode(b"".join(some))}
        rows: Sequence[Any] = session.execute(query.where(first.in_(sorted(wanted)))).all()
        width = len(columns)
        yield set(some), [row[:width] for row in rows], _keys(table, [row[width:] for row in rows])


def _batches(keys: Sequence[Key], size: int) -> Iterator[list[Key]]:
    iterator = iter(keys)
    while some := list(islice(iterator, size)):
        yield some


def _keys(table: SealedTable, rows: Sequence[Sequence[Any]]) -> list[Key]:
    found = read_values(table, table.key, rows)
    return [table.encode(values) for values in found if values is not None]


def _raw(table: SealedTable, name: str) -> ColumnElement[Any]:
    """A column without SQLAlchemy's conversion of each value; JSON as text."""
    column = table.table.columns[name]
    if isinstance(column.type, JSON):
        column = cast(column, Text)  # type: ignore[assignment]
    # why: the conversions of SQLAlchemy take longer than the hashes.
    return type_coerce(column, NULLTYPE)


def _typed(table: SealedTable, name: str) -> ColumnElement[Any]:
    """A column that takes UUIDs as text."""
    column = table.table.columns[name]
    return type_coerce(column, Uuid(as_uuid=False)) if isinstance(column.type, Uuid) else column


def _is_after(table: SealedTable, key: Key) -> ColumnElement[bool]:
    [(_, values)] = table.decode(key)
    columns = [_typed(table, name) for name in table.key]
    if len(columns) == 1:
        return and_(columns[0] > values[0])
    # why: in a tuple the values do not take the types of the columns by themselves.
    typed = (literal(value, column.type) for value, column in zip(values, columns, strict=True))
    return and_(tuple_(*columns) > tuple_(*typed))
