"""Tells all processes that what is in force has changed, so that none has to ask all the time.

PostgreSQL wakes who listens. On SQLite the news is a number in the head of the file, which is cheap to look
at. Who waits looks at the tables every few seconds too: a connection pooler may keep the news to itself, and
an older version of the code announces nothing.
"""

import logging
import select
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy import PoolProxiedConnection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from creditapp.database.engine import db
from creditapp.database.session import asking
from creditapp.exceptions import DatabaseUnavailable
from creditapp.observability.repetitions import MAY_REPEAT

log = logging.getLogger(__name__)

CHANNEL = "creditapp_news"
LONGEST_WAIT = 5.0
"""After so many seconds without news the tables are looked at."""
MOMENT = 0.25
"""The seconds between looks: at SQLite's number, and at the tables after a failure or with no listener."""

Look = Callable[[], float]
"""Takes over what is new, and returns after how many seconds to look again without any news."""


def announce(session: Session) -> None:
    """Tell all processes, once the transaction is committed, to look at what is in force."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"NOTIFY {CHANNEL}"))
    else:
        # why: as all of the file it is written with the transaction, or not at all.
        number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {(number + 1) % 2**31}")


def follow(app: Flask, looks: Mapping[str, Look]) -> None:
    """Start a thread that takes looks, by their names, whenever there may be news."""
    threading.Thread(target=_follow_for_ever, args=[app, looks], daemon=True).start()


def _follow_for_ever(app: Flask, looks: Mapping[str, Look]) -> None:
    with app.app_context():
        wait = Number().wait if db.engine.dialect.name == "sqlite" else Listener().wait
        while True:
            wait(min(LONGEST_WAIT, *(_take(name, look) for name, look in looks.items())))


def _take(name: str, look: Look) -> float:
    try:
        return look()
    except DatabaseUnavailable as error:
        log.warning("what is in force was not read (%s): %s", name, error, extra=MAY_REPEAT)
    except Exception:  # a worker that learns nothing new goes on with what it has
        log.exception("looking for what is in force failed (%s)", name)
    return MOMENT


class Number:
    """Waits for news on SQLite."""

    _seen: object = None

    def wait(self, longest: float) -> None:
        """Return once the number has changed, cannot be read, or after so many seconds."""
        until = time.monotonic() + longest
        while (pause := min(MOMENT, until - time.monotonic())) > 0:
            time.sleep(pause)
            if self._is_another():
                return

    def _is_another(self) -> bool:
        before = self._seen
        try:
            with asking() as cursor:
                self._seen = cursor.execute("PRAGMA user_version").fetchone()
        except DatabaseUnavailable:
            return True
        return self._seen != before


class Listener:
    """Waits for news on PostgreSQL, over a connection of its own that is made again when it breaks."""

    _connection: PoolProxiedConnection | None = None
    _connect_at = 0.0

    def wait(self, longest: float) -> None:
        """Return once there is news, or after so many seconds; while nobody listens, after a moment."""
        try:
            if self._connection:
                _receive(self._connection, longest)
            elif time.monotonic() >= self._connect_at:
                # why: there may have been news before, so the caller looks at once.
                self._connection = _listen()
            else:
                time.sleep(min(MOMENT, longest))
        except (SQLAlchemyError, OSError, db.engine.dialect.loaded_dbapi.Error):
            self._give_up()

    def _give_up(self) -> None:
        if self._connection:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
        self._connection = None
        self._connect_at = time.monotonic() + LONGEST_WAIT


def _listen() -> PoolProxiedConnection:
    connection = db.engine.raw_connection()
    try:
        driver = _driver(connection)
        driver.autocommit = True
        driver.execute(f"LISTEN {CHANNEL}")
    except BaseException:
        connection.invalidate()
        raise
    return connection


def _receive(connection: PoolProxiedConnection, longest: float) -> None:
    # why: the driver's own wait for news wakes ten times a second.
    socket = select.poll()
    socket.register(_driver(connection), select.POLLIN)
    if socket.poll(longest * 1000):
        list(_driver(connection).notifies(timeout=0))


def _driver(connection: PoolProxiedConnection) -> Any:
    return connection.driver_connection
