"""SQLite as a database for several writers: durable commits, one writer at a time.

SQLite lets a writer that finds the database locked sleep for up to 100 ms and try again. Here threads
queue at a lock of the process instead, and processes queue at a lock on a file beside the database,
which the operating system releases when its holder dies.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from creditapp.exceptions import DatabaseUnavailable
from creditapp.observability import metrics
from creditapp.phrases import marked

BEGIN = "BEGIN IMMEDIATE"
"""How a writer begins: a deferred transaction that later upgrades its lock fails instead of waiting."""

_thread_lock = threading.Lock()


def prepare(engine: Engine, synchronous: str) -> None:
    """Set up the connections and transactions of one engine."""
    event.listen(engine, "connect", _set_up_connection(synchronous))
    event.listen(engine, "begin", _begin)


@contextmanager
def write_lock(engine: Engine) -> Iterator[None]:
    """Hold the right to write, among all threads and processes of this machine.

    Raises:
        DatabaseUnavailable: the lock file beside the database cannot be opened or locked.
    """
    with _thread_lock, locked(f"{engine.url.database}-turn"):
        yield


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Open and lock a file; closing it releases the lock.

    Raises:
        DatabaseUnavailable: it cannot be opened.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        metrics.count_database_failure("writing")
        raise DatabaseUnavailable(
            marked("the lock file %(file)s cannot be opened"), file=Path(path).name
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def empty_log(engine: Engine) -> None:
    """Write the log into the database and empty it, as it still has the pages from before a deletion."""
    # why: SQLAlchemy's connection begins a transaction, and a checkpoint needs to be outside of one.
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_unknown(error: Exception) -> bool:
    """Whether a commit that failed may be found after a crash: the rows were written and not synced."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return code & 0xFF == sqlite3.SQLITE_IOERR


def keep_more_pages(dbapi_connection: Any) -> None:
    """Let a connection that writes many rows keep 16 MB of pages in memory, as they are used."""
    # why: references come in any order; with 2 MB, most rows read a page of their index again.
    dbapi_connection.execute("PRAGMA cache_size = -16384")


def _set_up_connection(synchronous: str) -> Callable[[Any, object], None]:
    """Use a write-ahead log and the given durability, and leave transactions to SQLAlchemy.

    https://www.sqlite.org/pragma.html#pragma_synchronous
    """

    def set_up(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            # Deleted rows are overwritten with zeros: personal data can be erased.
            "secure_delete=ON",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    return set_up


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else BEGIN)
