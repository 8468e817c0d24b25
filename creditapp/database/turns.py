"""Lets one process do a thing at a time, over all processes that use one database."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from creditapp.database import sqlite
from creditapp.database.engine import db
from creditapp.database.session import database_failures


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Wait until no other process does the same thing.

    Raises:
        DatabaseUnavailable: the database does not answer, or its folder cannot be written to.
    """
    if db.engine.dialect.name == "sqlite":
        with sqlite.locked(f"{db.engine.url.database}-{what}"):
            yield
    else:
        with _advisory_lock(zlib.crc32(what.encode())):
            yield


@contextmanager
def _advisory_lock(key: int) -> Iterator[None]:
    """Hold a lock of PostgreSQL's that belongs to a connection, and ends with it."""
    with database_failures("the database does not answer"), db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
            connection.commit()
