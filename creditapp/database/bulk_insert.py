"""Inserts many rows into a table: the statement is compiled once, a shared value converted once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

from sqlalchemy import JSON, Dialect, Text, Uuid, insert
from sqlalchemy.types import TypeEngine

from creditapp.columns import Column
from creditapp.database.engine import Base, db

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Insertion:
    """A statement and its rows as the driver takes them, prepared before the transaction begins."""

    statement: str
    rows: Sequence[Any]


def prepare_insertion(
    table: type[Base], columns: Mapping[str, Sequence[Any]], as_text: tuple[str, ...] = ()
) -> Insertion:
    """Prepare one or more rows, given as all columns of the table with one value per row each.

    `as_text` names columns of UUIDs whose values are texts in canonical spelling, and of JSON whose values
    are JSON already.
    """
    # why: SQLAlchemy's own insert of many rows takes three times as long, as it handles each row by itself.
    dialect = db.engine.dialect
    statement, positional, converters = _compile(table, dialect, as_text)
    stored = [_convert(convert, columns[name]) for name, convert in converters.items()]
    rows: Iterable[Any] = zip(*stored, strict=True)
    if not positional:
        rows = (dict(zip(converters, row, strict=True)) for row in rows)
    return Insertion(statement, list(rows))


@cache
def _compile(
    table: type[Base], dialect: Dialect, as_text: tuple[str, ...]
) -> tuple[str, bool, dict[str, Convert | None]]:
    """The statement, whether its parameters are positional, and the conversion of each column."""
    compiled = insert(table.__table__).compile(dialect=dialect)  # type: ignore[arg-type]
    converters: dict[str, Convert | None] = {
        str(column.name): _given(column.type, is_text=column.name in as_text)
        .dialect_impl(dialect)
        .bind_processor(dialect)
        for column in table.__table__.columns
    }
    return str(compiled), compiled.positional, converters


def _given(kind: TypeEngine[Any], *, is_text: bool) -> TypeEngine[Any]:
    """The type that converts what is given for a column."""
    if is_text and isinstance(kind, Uuid):
        return Uuid(as_uuid=False)
    return Text() if is_text and isinstance(kind, JSON) else kind


def _convert(convert: Convert | None, values: Sequence[Any]) -> Iterable[Any]:
    if isinstance(values, Column):
        return (values.each(convert) if convert else values).values()
    if convert is None:
        return values
    if all(value is values[0] for value in values):
        return repeat(convert(values[0]), len(values))
    return map(convert, values)
