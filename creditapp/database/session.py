"""Transactions: the only way to the tables, and the only place that translates SQLAlchemy's errors.

Any SQLAlchemy error inside one of these blocks is raised again as `DatabaseUnavailable`, which is
answered with 503 wherever it happens.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Dialect, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from creditapp.database import sqlite
from creditapp.database.engine import db
from creditapp.exceptions import DatabaseUnavailable, NotFound, OutcomeUnknown, RowsRefused
from creditapp.observability import metrics
from creditapp.phrases import marked

DEADLOCK = "40P01"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""


@contextmanager
def reading(doing: str = "reading") -> Iterator[Session]:
    """Open a read-only transaction, which never waits for a writer.

    `doing` is what a failure is counted as.

    Raises:
        NotFound: something is looked up by a number or a text that no column can hold.
        DatabaseUnavailable: the database cannot be read.
    """
    with database_failures(marked("the database cannot be read"), doing), _impossible_values():
        engine = db.engine.execution_options(read_only=True)
        with Session(engine, expire_on_commit=False) as session:
            yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction that is committed whole at the end of the block, or not at all.

    Raises:
        RowsRefused: a constraint or a trigger refused the rows.
        OutcomeUnknown: the connection broke during the commit.
        DatabaseUnavailable: the database cannot be written.
    """
    with (
        database_failures(UNWRITABLE, "writing"),
        _write_lock(),
        Session(db.engine, expire_on_commit=False) as session,
    ):
        session.begin()
        yield session
        session.flush()
        with commit_failures(DBAPIError, _may_be_made):
            session.commit()


@contextmanager
def asking() -> Iterator[Any]:
    """Open a cursor of the database driver for one statement that only reads.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    with (
        database_failures("the database cannot be read", "reading"),
        sqlalchemy_errors(db.engine.dialect),
        closing(db.engine.raw_connection()) as connection,
        closing(connection.cursor()) as cursor,
    ):
        yield cursor


def lock_table(session: Session, table: str) -> None:
    """Keep other writers out of a table until the transaction ends.

    SQLite needs nothing: it has only one writer at a time.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))


def wait_for_writable(session: Session, tables: Sequence[str]) -> None:
    """Wait until rows can be added to some tables, as an INSERT would.

    SQLite needs nothing: its one lock is for the whole database.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {', '.join(tables)} IN ROW EXCLUSIVE MODE"))


def purge() -> None:
    """Leave no deleted row behind in the files of SQLite; PostgreSQL's vacuum does so by itself.

    Raises:
        DatabaseUnavailable: the database cannot be written.
    """
    if db.engine.dialect.name == "sqlite":
        with (
            database_failures(UNWRITABLE, "writing"),
            _write_lock(),
            sqlalchemy_errors(db.engine.dialect),
        ):
            sqlite.empty_log(db.engine)


UNWRITABLE = marked("the database cannot be written")


@contextmanager
def database_failures(message: str, doing: str = "writing") -> Iterator[None]:
    """Raise any SQLAlchemy error of the block as `DatabaseUnavailable` with this message, and count it."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise RowsRefused(message) from error
    except SQLAlchemyError as error:
        # why: two transactions that wait for each other's rows can go on one write at a time.
        if _is_deadlock(error):
            raise RowsRefused(message) from error
        metrics.count_database_failure(doing)
        raise DatabaseUnavailable(message) from error


@contextmanager
def _impossible_values() -> Iterator[None]:
    """Say that nothing has a number or a text that no column can hold, whatever is looked up with it."""
    # why: SQLite's driver raises Python's own errors for numbers that are too large and lone surrogates.
    try:
        yield
    except (OverflowError, UnicodeEncodeError, DataError) as error:
        raise NotFound(marked("nothing has this number or name")) from error


@contextmanager
def commit_failures(
    failure: type[Exception], may_be_made: Callable[[Exception], bool]
) -> Iterator[None]:
    """Raise a failed commit as `OutcomeUnknown` if, by what failed, it may be made all the same."""
    try:
        yield
    except failure as error:
        if not may_be_made(error):
            raise
        metrics.count_database_failure("committing")
        raise OutcomeUnknown(
            marked(
                "the connection to the database broke during the commit; look whether the change is "
                "there before you make it again"
            )
        ) from error


def _may_be_made(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return not isinstance(cause, sqlite3.Error) or sqlite.is_unknown(cause)


def _is_deadlock(error: SQLAlchemyError) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) == DEADLOCK


@contextmanager
def sqlalchemy_errors(dialect: Dialect) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy's, which have the same names for every driver."""
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        named = DBAPIError.instance(None, None, error, base, hide_parameters=True, dialect=dialect)
        raise named from error


def _write_lock() -> AbstractContextManager[None]:
    return sqlite.write_lock(db.engine) if db.engine.dialect.name == "sqlite" else nullcontext()
