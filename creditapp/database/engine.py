"""The engine, the base of all tables, and how values are stored."""

from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from alembic.config import Config
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, MetaData, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import Pool, QueuePool
from sqlalchemy.types import TypeDecorator

from creditapp.database import sqlite
from creditapp.exceptions import InvalidSetting
from creditapp.observability import metrics
from creditapp.settings.paths import INSTANCE, ROOT


class Base(DeclarativeBase):
    """The base of all tables; constraints have names so that migrations can refer to them."""

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
    """A UTC timestamp, also in databases that store no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC before storing."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the offset after reading."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def to_json(value: object) -> str:
    """Serialise a value for a JSON column."""
    return orjson.dumps(value).decode()


def from_json(text: str | bytes) -> Any:
    """Read the value of a JSON column."""
    return orjson.loads(text)


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True)


def init_app(app: Flask, synchronous: str) -> None:
    """Bind the database to an application.

    `synchronous` is SQLite's setting of the same name: when a commit counts as done.
    """
    db.init_app(app)
    # why: a percent sign has a meaning in Alembic's configuration.
    migrate.init_app(app, db, directory=str(ROOT / "migrations").replace("%", "%%"))
    with app.app_context():
        _note_connections(db.engine.pool)
        if db.engine.dialect.name == "sqlite":
            _make_folder(Path(db.engine.url.database or ""))
            sqlite.prepare(db.engine, synchronous)


def _make_folder(database: Path) -> None:
    """Make the instance folder, if the database is to be in it."""
    if database.parent == INSTANCE:
        try:
            INSTANCE.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InvalidSetting(
                f"DATABASE_URL: the folder {INSTANCE} cannot be made: {error.strerror}; "
                "make it, or name another database"
            ) from error


def _name_migration_files(config: Config) -> Config:
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config


migrate.configure(_name_migration_files)


def note_capacity(app: Flask, threads: int) -> None:
    """Tell the metrics how many threads and connections this worker has."""
    with app.app_context():
        pool = db.engine.pool
        metrics.note_capacity(threads, pool.size() if isinstance(pool, QueuePool) else threads)


def open_connections(app: Flask) -> None:
    """Open all connections that this worker may need to PostgreSQL; if it does not answer, it is asked later.

    What runs beside the requests would otherwise take a connection that a request needs, and a new one fails
    where the password was changed since the start.
    """
    with app.app_context(), suppress(SQLAlchemyError):
        pool = db.engine.pool
        if db.engine.dialect.name == "postgresql" and isinstance(pool, QueuePool):
            with ExitStack() as opened:
                for _ in range(pool.size()):
                    opened.enter_context(db.engine.connect())


def _note_connections(pool: Pool) -> None:
    """Keep the gauge of the connections in use; asked each time, as a broken one is given back twice."""
    if not isinstance(pool, QueuePool):
        return
    event.listen(pool, "checkout", lambda *_: metrics.note_connections(pool.checkedout()))
    event.listen(pool, "checkin", lambda *_: metrics.note_connections(pool.checkedout() - 1))


def limit_silence(app: Flask, seconds: int) -> None:
    """Let no statement of this process wait for a silent PostgreSQL longer than so many seconds.

    Workers call this before their first connection. Commands do not: a migration may take long.
    """
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            from creditapp.database import postgresql

            postgresql.limit_silence(db.engine, seconds)
