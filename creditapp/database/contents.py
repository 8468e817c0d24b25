"""What a database holds, so that a migration can tell what would be lost."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    Inspector,
    TableClause,
    column,
    func,
    inspect,
    select,
    table,
)

Contents = Mapping[str, Mapping[str, int]]
"""By table and column how many values there are; the empty column name has the number of rows."""

WITHOUT_DATA = frozenset(
    {
        "alembic_version",
        "day_tally",
        "drift_look",
        "log_probe",
        "performance_report",
        "registry_copy",
        "schema_step",
        "waiting_decision",
    }
)
"""Tables that hold nothing that anybody gave, or that follow from others."""


def count_contents(connection: Connection) -> Contents:
    """Count the rows of each table, and the values of each column."""
    # why: a reflection of whole tables warns of each index of an expression on SQLite.
    inspector = inspect(connection)
    return {
        name: _count(connection, table(name, *_columns(inspector, name)))
        for name in inspector.get_table_names()
        if name not in WITHOUT_DATA
    }


def describe_loss(before: Contents, after: Contents) -> list[str]:
    """What was there before and is not there after, by table and column."""
    return [
        line for table, counts in sorted(before.items()) for line in _lost(table, counts, after)
    ]


def _columns(inspector: Inspector, name: str) -> list[ColumnClause[Any]]:
    return [column(one["name"]) for one in inspector.get_columns(name)]


def _count(connection: Connection, table: TableClause) -> dict[str, int]:
    columns = [func.count(column) for column in table.columns]
    rows, *values = connection.execute(select(func.count(), *columns).select_from(table)).one()
    names = (column.name for column in table.columns)
    return {"": rows, **dict(zip(names, values, strict=True))}


def _lost(table: str, counts: Mapping[str, int], after: Contents) -> Iterator[str]:
    left = after.get(table, {})
    rows = counts[""] - left.get("", 0)
    if rows > 0:
        yield f"{table}: {rows:,} rows"
        return
    for name, values in counts.items():
        if values > left.get(name, 0):
            yield f"{table}.{name}: {values - left.get(name, 0):,} values"
