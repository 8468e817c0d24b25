"""Writes prepared rows over one connection that is kept: nothing is checked out, pinged or begun in vain.

On SQLite it is one transaction. On PostgreSQL a few rows are one statement, and so one question and one
answer.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError

from creditapp.database import sqlite
from creditapp.database.engine import db
from creditapp.database.session import (
    UNWRITABLE,
    commit_failures,
    database_failures,
    sqlalchemy_errors,
)

Rows = Mapping[str, Sequence[Any]]
"""By statement, its rows as the driver takes them."""


class Writer:
    """A kept connection; one thread at a time may use it."""

    _connection: PoolProxiedConnection | None = None

    def write(self, rows: Rows) -> None:
        """Insert all rows, or none; they are on disk when this returns.

        Raises:
            RowsRefused: a constraint or a trigger refused the rows.
            OutcomeUnknown: the connection broke before the database answered.
            DatabaseUnavailable: nothing was written.
        """
        with database_failures(UNWRITABLE, "decision"), sqlalchemy_errors(db.engine.dialect):
            try:
                if db.engine.dialect.name == "sqlite":
                    self._write_to_sqlite(rows)
                else:
                    self._write_to_postgresql(rows)
            except BaseException:
                self._undo()
                raise

    def close(self) -> None:
        """Close the connection; the next rows get another."""
        if self._connection:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
        self._connection = None

    def _undo(self) -> None:
        """Undo what was begun: on PostgreSQL with its connection, as its server may be gone."""
        if self._connection and db.engine.dialect.name == "sqlite":
            # why: once the last connection is closed, the next finds commits in the log that were not synced.
            with suppress(sqlite3.Error):
                self._opened().rollback()
                return
        self.close()

    def _write_to_sqlite(self, rows: Rows) -> None:
        with sqlite.write_lock(db.engine):
            connection = self._opened()
            connection.execute(sqlite.BEGIN)
            for statement, rows_of_table in rows.items():
                connection.executemany(statement, rows_of_table)
            with commit_failures(sqlite3.Error, sqlite.is_unknown):
                connection.commit()

    def _write_to_postgresql(self, rows: Rows) -> None:
        # why: the driver is an extra, which who uses SQLite need not have.
        from creditapp.database import postgresql

        if self._connection and postgresql.is_broken(self._opened()):
            self.close()
        connection = self._opened()
        # why: a server that answers has written nothing where it says that something failed.
        with commit_failures(db.engine.dialect.loaded_dbapi.Error, lambda _: connection.closed):
            postgresql.insert(connection, rows)

    def _opened(self) -> Any:
        if self._connection is None:
            self._connection = db.engine.raw_connection()
            if db.engine.dialect.name == "sqlite":
                sqlite.keep_more_pages(self._connection.driver_connection)
        return self._connection.driver_connection
