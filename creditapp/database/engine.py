"""The Flask extensions, made once and bound to an application by the factory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import orjson
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_babel import Babel
from flask_cors import CORS
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from creditapp.database import sqlite
from creditapp.settings.paths import INSTANCE, ROOT


class Base(DeclarativeBase):
    """The base of all tables; constraints get names, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, also where the database keeps no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC, before it is stored."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back with its offset."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def to_json(value: object) -> str:
    """A value as a JSON column keeps it."""
    return orjson.dumps(value).decode()


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True)
csrf = CSRFProtect()
babel = Babel()
cors = CORS()


def schema_is_at_head() -> bool:
    """Whether the database has all migrations, and none that this version does not know."""
    known = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(known)


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction: committed whole at the end of the block, or not at all."""
    with _turn(), Session(db.engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def inserting() -> Iterator[Any]:
    """The same at the driver's own cursor, for rows that are ready for it.

    SQLAlchemy's connection, transaction and results around three statements cost more than the statements.

    Raises:
        SQLAlchemyError: nothing was written.
    """
    with (
        _turn(),
        _named_errors(db.engine.dialect),
        closing(db.engine.raw_connection()) as connection,
    ):
        with closing(connection.cursor()) as cursor:
            if db.engine.dialect.name == "sqlite":
                cursor.execute(sqlite.BEGIN)
            yield cursor
        connection.commit()


@contextmanager
def _named_errors(dialect: Dialect) -> Iterator[None]:
    """The driver's errors, under the names that they have with any driver."""
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        named = DBAPIError.instance(None, None, error, base, hide_parameters=True, dialect=dialect)
        raise named from error


def _turn() -> AbstractContextManager[None]:
    return sqlite.turn(db.engine) if db.engine.dialect.name == "sqlite" else nullcontext()


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that only reads, and so waits for no writer."""
    engine = db.engine.execution_options(read_only=True)
    with Session(engine, expire_on_commit=False) as session:
        yield session


def init_database(app: Flask, synchronous: str) -> None:
    """Bind the database; `synchronous` says when a commit of SQLite's counts as done."""
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite.prepare(db.engine, synchronous)
