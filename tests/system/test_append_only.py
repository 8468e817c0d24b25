"""The database itself refuses to change what is kept: every table, every verb, both engines."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    Table,
    UniqueConstraint,
    create_engine,
    func,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator, TypeEngine

import creditapp.factory  # noqa: F401, as it loads all tables
from creditapp.database.engine import db
from tests.engines import on_both
from tests.postgresql import Postgresql
from tests.serving import flask

KEPT = {
    "audit_event",
    "challenger",
    "challenger_score",
    "decision",
    "decision_correction",
    "deployment",
    "erasure",
    "expiry",
    "outcome",
    "policy",
    "proposal",
    "proposal_decision",
    "review",
    "seal_block",
    "seal_part",
    "served_bundle",
}
ERASABLE = {"decision_answers", "letter_reason", "review_note"}
"""Personal words and answers, which may be deleted and never changed."""
EXPIRING = (
    "outcome",
    "review",
    "challenger_score",
    "decision_correction",
    "decision",
    "erasure",
    "audit_event",
)
"""Kept tables whose rows may be deleted once an expiry covers them, in an order that references allow."""
CHANGEABLE = {
    "seal_check",
    "kept_answer",
    "recorded_run",
    "file_upload",
    "api_key",
    "log_probe",
    "schema_step",
    "waiting_decision",
    "day_tally",
    "waiting_claim",
    "waiting_escalation",
    "case_note",
    "saved_view",
    "drift_look",
    "performance_report",
    "registry_copy",
    "model_turn",
    "person",
    "recovery_code",
    "second_factor",
    "sign_in",
}

APPEND_ONLY = sorted(KEPT | ERASABLE)
VALUES: dict[type, Any] = {
    bool: True,
    bytes: b"x",
    date: date(2026, 1, 1),
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    float: 0.5,
    int: 77,
    object: {},  # JSON
    str: "x",
    UUID: UUID(int=77),
}


def update(table: Table) -> str:
    """Change the first column to what it is."""
    name = table.columns[0].name
    return f"UPDATE {table.name} SET {name} = {name}"


def delete(table: Table) -> str:
    """Delete all rows."""
    return f"DELETE FROM {table.name}"


def upsert(table: Table) -> str:
    """Insert what is there already, and change it where it is."""
    key = [column.name for column in table.primary_key]
    return (
        f"INSERT INTO {table.name} SELECT * FROM {table.name} WHERE true "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}"
    )


def replace(table: Table) -> str:
    """SQLite's insertion that deletes whatever has the same key."""
    return f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}"


def replace_by_rowid(table: Table) -> str:
    """The same with another key, in the place where the old row is kept."""
    values = {
        column.name: "'another'" if column.primary_key else column.name for column in table.columns
    }
    if isinstance(table.columns[0].type, Integer):  # the key is the rowid itself
        values = {name: name for name in values}
    return (
        f"INSERT OR REPLACE INTO {table.name} (rowid, {', '.join(values)}) "
        f"SELECT rowid, {', '.join(values.values())} FROM {table.name}"
    )


def truncate(table: Table) -> str:
    """PostgreSQL's deletion of all rows, here and wherever they are referred to."""
    return f"TRUNCATE {table.name} CASCADE"


Verb = Callable[[Table], str]
VERBS: dict[str, list[Verb]] = {
    "sqlite": [update, delete, upsert, replace, replace_by_rowid],
    "postgresql": [update, delete, upsert, truncate],
}
REFUSED = [
    pytest.param(engine, verb, name, id=f"{engine}-{name}-{verb.__name__}")
    for engine, verbs in VERBS.items()
    for name in APPEND_ONLY
    for verb in verbs
    if not (verb is delete and name in ERASABLE)
]


@pytest.fixture(scope="module")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A database of SQLite's with all migrations applied, and a row in each table."""
    return filled(f"sqlite:///{tmp_path_factory.mktemp('append-only')}/creditapp.db")


@pytest.fixture(scope="module")
def filled_postgresql(postgresql: Postgresql) -> Engine:
    """The same of PostgreSQL's."""
    return filled(postgresql.create())


@pytest.fixture
def connection(engine: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to the one of an engine, whose changes are taken back."""
    with request.getfixturevalue(f"filled_{engine}").connect() as connection:
        yield connection
        connection.rollback()


def filled(address: str) -> Engine:
    """Migrate an empty database, and put a row in each table."""
    migrated = flask("db", "upgrade", database=address, registry="sqlite://")
    assert migrated.returncode == 0, migrated.stderr
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        for table in db.metadata.sorted_tables:
            connection.execute(table.insert().values(row(table)))
    return engine


def row(table: Table) -> dict[str, Any]:
    """A value for each column; equal types have equal values, so that rows refer to each other."""
    return {column.name: VALUES[stored_type(column.type).python_type] for column in table.columns}


def stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that stores a type of our own."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def size(connection: Connection, table: Table) -> int | None:
    """The number of rows."""
    return connection.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize(("engine", "verb", "name"), REFUSED, indirect=["engine"])
def test_an_append_only_table_refuses_a_change(
    connection: Connection, verb: Verb, name: str
) -> None:
    """The statement fails with the name of the table, and its row is still there."""
    table = db.metadata.tables[name]
    with pytest.raises(DatabaseError, match=f"{name} is append-only"):
        connection.exec_driver_sql(verb(table))
    connection.rollback()
    assert size(connection, table) == 1


@on_both
@pytest.mark.parametrize("name", sorted(ERASABLE))
def test_erasable_rows_can_be_deleted(connection: Connection, name: str) -> None:
    """What a person gave or wrote can be erased."""
    table = db.metadata.tables[name]
    connection.exec_driver_sql(delete(table))
    assert size(connection, table) == 0


def add_expiry(connection: Connection, table: str, later: timedelta) -> None:
    """Put an expiry of rows from before a time on record: that of all rows here, or later."""
    values = row(db.metadata.tables["expiry"])
    more = {"id": connection.scalar(text("SELECT max(id) + 1 FROM expiry")), "table_name": table}
    before = VALUES[datetime] + later
    connection.execute(
        db.metadata.tables["expiry"].insert().values(**{**values, **more, "before": before})
    )


@on_both
def test_rows_that_an_expiry_covers_can_be_deleted(connection: Connection) -> None:
    """A moment is enough."""
    for name in EXPIRING:
        add_expiry(connection, name, timedelta(microseconds=1))
    for name in ("letter_reason", "review_note", "decision_answers", *EXPIRING):
        table = db.metadata.tables[name]
        connection.exec_driver_sql(delete(table))
        assert size(connection, table) == 0


@on_both
@pytest.mark.parametrize("name", EXPIRING)
def test_rows_that_no_expiry_covers_can_not(connection: Connection, name: str) -> None:
    """One of another table does not, nor one of rows from before the very time of the row."""
    for other in {*KEPT, *ERASABLE} - {name}:
        add_expiry(connection, other, timedelta(days=1))
    add_expiry(connection, name, timedelta())
    with pytest.raises(DatabaseError, match=f"{name} is append-only"):
        connection.exec_driver_sql(delete(db.metadata.tables[name]))


def test_every_table_is_append_only_or_listed_as_changeable() -> None:
    """A new table has to be put in one of the lists, and then has its triggers tested."""
    assert set(db.metadata.tables) == KEPT | ERASABLE | CHANGEABLE
    assert not CHANGEABLE & (KEPT | ERASABLE)


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_an_append_only_table_has_no_key_but_its_primary_key(name: str) -> None:
    """SQLite's REPLACE would delete rows by another unique key, without a trigger that sees it."""
    table = db.metadata.tables[name]
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    assert not unique
    assert not [index for index in table.indexes if index.unique]
