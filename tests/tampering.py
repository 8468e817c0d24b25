"""Changes to append-only rows, as somebody with DDL rights could make them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from creditapp.database.session import writing

TRIGGERS = {
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) || pg_get_functiondef(tgfoid)"
        " FROM pg_trigger WHERE NOT tgisinternal"
    ),
}


def triggers(connection: Connection) -> set[tuple[str, str, str]]:
    """The name, the table and the definition of each trigger in a database."""
    rows = connection.execute(text(TRIGGERS[connection.dialect.name]))
    return {(name, table, definition) for name, table, definition in rows}


def drop_triggers(connection: Connection, *tables: str) -> None:
    """Drop all triggers of some tables."""
    on = " ON {}" if connection.dialect.name == "postgresql" else ""
    for name, table, _ in triggers(connection):
        if table in tables:
            connection.execute(text(f"DROP TRIGGER {name}{on.format(table)}"))


@contextmanager
def tampering(*tables: str) -> Iterator[Session]:
    """A transaction that may change rows of some tables, as their triggers are dropped in it."""
    with writing() as session:
        drop_triggers(session.connection(), *tables)
        yield session
