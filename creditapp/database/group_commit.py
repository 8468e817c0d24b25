"""Writers of one process that come at the same time share a transaction, and so one wait for the disk.

Whoever gets the turn commits for all who wait; nobody goes on before their rows are committed.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from creditapp.database.bulk_insert import Insertion
from creditapp.database.engine import inserting

UNDONE = SQLAlchemyError("whoever had the turn did not come to an end")


@dataclass
class _Writer:
    """What one caller wants to be written, and what became of it."""

    insertions: Sequence[Insertion]
    error: SQLAlchemyError | None = UNDONE


@dataclass
class SharedCommits:
    """The queue of one process; threads may share it, and a fork may not."""

    _waiting: deque[_Writer] = field(default_factory=deque)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def write(self, insertions: Sequence[Insertion]) -> None:
        """Insert all of them in one transaction, whole or not at all; on disk when this returns.

        Raises:
            SQLAlchemyError: nothing of it was written.
        """
        mine = _Writer(insertions)
        self._waiting.append(mine)
        with self._turn:
            if mine.error is UNDONE:
                _commit(list(self._all_waiting()))
        if mine.error:
            raise mine.error

    def _all_waiting(self) -> Iterator[_Writer]:
        """Whoever waits now; the queue itself is never replaced, so that nobody is lost."""
        while self._waiting:
            yield self._waiting.popleft()


def _commit(writers: Sequence[_Writer]) -> None:
    """All together; where rows are refused each alone, so that nobody fails for another's."""
    outcome = _tried([one for writer in writers for one in writer.insertions])
    if isinstance(outcome, IntegrityError | DataError) and len(writers) > 1:
        for writer in writers:
            _commit([writer])
        return
    for writer in writers:
        writer.error = outcome


def _tried(insertions: Sequence[Insertion]) -> SQLAlchemyError | None:
    try:
        _insert(insertions)
    except SQLAlchemyError as error:
        return error
    return None


def _insert(insertions: Sequence[Insertion]) -> None:
    """One statement for all rows of a table, the tables in the order in which they come first."""
    rows: dict[str, list[Any]] = {}
    for one in insertions:
        rows.setdefault(one.statement, []).extend(one.rows)
    with inserting() as cursor:
        for statement, of_table in rows.items():
            cursor.executemany(statement, of_table)
