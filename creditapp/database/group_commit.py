"""Group commit: threads that write at the same time share one transaction, and one wait for the disk.

The thread that gets the lock commits for all that wait. No thread continues before its rows are committed.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

from creditapp.database.bulk_insert import Insertion
from creditapp.database.engine import db
from creditapp.database.writer import Writer
from creditapp.exceptions import DatabaseUnavailable, OutcomeUnknown, RowsRefused
from creditapp.phrases import marked

SECONDS_TO_FIND_OUT = 5
"""How long a caller waits for a database that broke off a commit."""

PENDING = DatabaseUnavailable(marked("the committing thread died; nothing was written"))


@dataclass
class _Write:
    """The rows of one caller, and the error that kept them from being written."""

    insertions: Sequence[Insertion]
    error: DatabaseUnavailable | None = PENDING


@dataclass
class GroupCommit:
    """The queue of one process; threads may share it, forked processes may not."""

    _waiting: deque[_Write] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writers: WeakKeyDictionary[Engine, Writer] = field(default_factory=WeakKeyDictionary)

    def write(self, insertions: Sequence[Insertion]) -> None:
        """Insert all rows in one transaction, or none; they are on disk when this returns.

        Raises:
            RowsRefused: a constraint refused a row; after a broken commit, perhaps because it is there.
            OutcomeUnknown: the commit broke, and the database does not answer since.
            DatabaseUnavailable: nothing was written.
        """
        own = _Write(insertions)
        self._waiting.append(own)
        with self._lock:
            # why: the thread that held the lock before may have committed these rows already.
            if own.error is PENDING:
                self._commit(list(self._take_waiting()))
        if isinstance(own.error, OutcomeUnknown):
            own.error = self._write_again(own)
        if own.error:
            raise own.error

    def _take_waiting(self) -> Iterator[_Write]:
        """Empty the queue; it is never replaced, so that no write is lost."""
        while self._waiting:
            yield self._waiting.popleft()

    def _commit(self, writes: Sequence[_Write]) -> None:
        """Commit all writes together; where rows are refused, commit each write by itself."""
        error = self._insert([insertion for write in writes for insertion in write.insertions])
        if isinstance(error, RowsRefused) and len(writes) > 1:
            for write in writes:
                self._commit([write])
            return
        for write in writes:
            write.error = error

    def _write_again(self, write: _Write) -> DatabaseUnavailable | None:
        """Find out whether rows were committed: insert them again, until the database answers.

        Their keys are the same, so they cannot be there twice. A look would not be enough: the server may
        still be committing, and an insert of the same key waits for that.
        """
        until = time.monotonic() + SECONDS_TO_FIND_OUT
        while True:
            with self._lock:
                error = self._insert(write.insertions)
            if error is None or isinstance(error, RowsRefused):
                return error
            if time.monotonic() >= until:
                return write.error
            time.sleep(0.2)

    def _insert(self, insertions: Sequence[Insertion]) -> DatabaseUnavailable | None:
        """Run one statement for all rows of a table, tables in the order of their first rows."""
        rows: dict[str, list[Any]] = {}
        for insertion in insertions:
            rows.setdefault(insertion.statement, []).extend(insertion.rows)
        try:
            self._writer().write(rows)
        except DatabaseUnavailable as error:
            return error
        return None

    def _writer(self) -> Writer:
        """That of the database at hand: tests have several in one process."""
        if db.engine not in self._writers:
            writer = self._writers[db.engine] = Writer()
            # why: a connection that is kept is not in the pool, which is closed without it.
            event.listen(db.engine, "engine_disposed", lambda _: self._close(writer))
        return self._writers[db.engine]

    def _close(self, writer: Writer) -> None:
        with self._lock:
            writer.close()
