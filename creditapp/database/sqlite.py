"""SQLite as a database for several writers: durable, and each in its turn.

SQLite lets whoever finds the database locked sleep and ask again, up to 100 ms at once. Threads queue at a
lock of this process instead, and processes at a lock on a file beside the database, which the system takes
away from the dead.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

BEGIN = "BEGIN IMMEDIATE"
"""How a writer begins: it takes its lock at once, as one that is upgraded later fails instead of waiting."""

_threads = threading.Lock()


def prepare(engine: Engine, synchronous: str) -> None:
    """Set an engine, and no other engine of this process, to be durable and to take its lock at once."""
    event.listen(engine, "connect", _settings(synchronous))
    event.listen(engine, "begin", _begin)


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """The right to write, among all threads and processes of this machine."""
    with _threads, _opened(f"{engine.url.database}-turn") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """A file to lock; closing it gives the lock back."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _settings(synchronous: str) -> Callable[[Any, object], None]:
    """A write-ahead log, how sure a commit is on disk before it is answered, and no driver's transactions.

    https://www.sqlite.org/pragma.html#pragma_synchronous
    """

    def set_up(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    return set_up


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else BEGIN)
