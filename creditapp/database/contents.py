"""What a database holds, so that a migration can tell what would be lost."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, MetaData, Table, func, select

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
    tables = MetaData()
    tables.reflect(connection)
    counted = (table for table in tables.sorted_tables if table.name not in WITHOUT_DATA)
    return {table.name: _count(connection, table) for table in counted}


def describe_loss(before: Contents, after: Contents) -> list[str]:
    """What was there before and is not there after, by table and column."""
    return [
        line for table, counts in sorted(before.items()) for line in _lost(table, counts, after)
    ]


def _count(connection: Connection, table: Table) -> dict[str, int]:
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
    for column, values in counts.items():
        if values > left.get(column, 0):
            yield f"{table}.{column}: {values - left.get(column, 0):,} values"
