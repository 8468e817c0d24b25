"""Decisions that are recorded at the same time share a commit, and nothing else."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from flask import Flask

from creditapp.database import group_commit
from creditapp.database.bulk_insert import Insertion, prepare_insertion
from creditapp.database.engine import db
from creditapp.database.group_commit import GroupCommit
from creditapp.database.postgresql import is_broken, one_statement
from creditapp.exceptions import DatabaseUnavailable, RowsRefused
from creditapp.identity.audit import AuditEvent
from creditapp.observability import metrics
from tests.engines import on_both
from tests.postgresql import Postgresql
from tests.serving import wait_until

DIFFICULT = "a\ttab, a \\N, 'quotes', {braces}, %s and\na line of é, 字 and 🏦"
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"


def rows(number: int) -> Insertion:
    """One row with a number of its own, in a table that needs no other."""
    return prepare_insertion(
        AuditEvent,
        {
            "id": [number],
            "at": [datetime.now(UTC)],
            "actor": [str(uuid4())],
            "action": ["a test"],
            "subject": [""],
            "detail": [DIFFICULT],
            "request_id": [""],
        },
    )


class Counted(GroupCommit):
    """Counts its transactions."""

    transactions = 0

    def _insert(self, insertions: Sequence[Insertion]) -> DatabaseUnavailable | None:
        self.transactions += 1
        return super()._insert(insertions)


def write_at_once(
    app: Flask, commits: GroupCommit, numbers: list[int]
) -> list[DatabaseUnavailable | None]:
    """What becomes of writers who all wait while somebody has the turn."""

    def write(number: int) -> DatabaseUnavailable | None:
        with app.app_context():
            try:
                commits.write([rows(number)])
            except DatabaseUnavailable as error:
                return error
        return None

    with ThreadPoolExecutor(len(numbers)) as pool:
        with commits._lock:
            writers = [pool.submit(write, number) for number in numbers]
            while len(commits._waiting) < len(numbers):
                threading.Event().wait(0.01)
        return [writer.result() for writer in writers]


def kept() -> set[int]:
    """The numbers of all rows."""
    with db.engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT id FROM audit_event").scalars())


@on_both
def test_writers_who_wait_share_one_commit(app: Flask) -> None:
    """Eight of them, and one wait for the disk."""
    numbers = list(range(10_000, 10_008))
    commits = Counted()
    with app.app_context():
        assert write_at_once(app, commits, numbers) == [None] * 8
        assert commits.transactions == 1
        assert set(numbers) <= kept()


@on_both
def test_one_who_is_refused_fails_alone(app: Flask) -> None:
    """A row that is there twice is its writer's fault, and nobody else's."""
    with app.app_context():
        outcomes = write_at_once(app, GroupCommit(), [10_000, 10_001, 10_001, 10_002])
        assert sum(isinstance(outcome, RowsRefused) for outcome in outcomes) == 1
        assert outcomes.count(None) == 3
        assert {10_000, 10_001, 10_002} <= kept()


def test_nobody_is_told_of_a_success_that_was_none(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where whoever has the turn is ended half way, those who waited for it fail too."""

    def end(self: object, insertions: object) -> None:
        raise SystemExit

    monkeypatch.setattr(GroupCommit, "_insert", end)
    commits = GroupCommit()
    with app.app_context():
        commits._waiting.append(waiting := group_commit._Write([rows(10_000)]))
        with pytest.raises(SystemExit):
            commits.write([rows(10_001)])
    assert waiting.error is group_commit.PENDING


def test_the_rows_of_several_tables_are_one_statement_on_postgresql() -> None:
    """Each number of rows has its own, which the server keeps prepared."""
    first = "INSERT INTO a (x, y) VALUES (%(x)s::UUID, %(y)s)"
    second = "INSERT INTO b (z) VALUES (%(z)s)"
    assert one_statement(((first, 2), (second, 1))) == (
        b"WITH t0 AS (INSERT INTO a (x, y) VALUES ($1::UUID, $2), ($3::UUID, $4)) "
        b"INSERT INTO b (z) VALUES ($5)"
    )
    assert one_statement(((second, 2),)) == b"INSERT INTO b (z) VALUES ($1), ($2)"


@on_both
def test_more_rows_than_one_statement_takes_are_written_too(app: Flask) -> None:
    """Whole, or not at all."""
    commits, numbers = GroupCommit(), range(10_000, 10_100)
    with app.app_context():
        commits.write([rows(number) for number in numbers])
        assert set(numbers) <= kept()
        with db.engine.connect() as connection:
            details = connection.exec_driver_sql("SELECT detail FROM audit_event WHERE id >= 10000")
            assert set(details.scalars()) == {DIFFICULT}
        with pytest.raises(RowsRefused):
            commits.write([rows(number) for number in range(10_050, 10_200)])
        assert not kept() & set(range(10_100, 10_200))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_kept_connection_that_the_server_ended_is_made_again(
    app: Flask, database_url: str, postgresql: Postgresql
) -> None:
    """Before anything is sent, so that no outcome is unknown."""
    commits, committing = GroupCommit(), metrics.DATABASE_FAILURES.labels("committing")
    failures = committing._value.get()
    with app.app_context():
        commits.write([rows(10_000)])
        [writer] = commits._writers.values()
        assert writer._connection
        postgresql.run(ENDED % database_url.rpartition("/")[2])
        wait_until(partial(is_broken, writer._connection.driver_connection), 10)
        commits.write([rows(10_001)])
        assert {10_000, 10_001} <= kept()
    assert committing._value.get() == failures


def test_the_kept_connection_is_closed_with_the_others(app: Flask) -> None:
    """So that nothing uses the database any more; the next rows open another one."""
    commits = GroupCommit()
    with app.app_context():
        commits.write([rows(10_000)])
        [writer] = commits._writers.values()
        db.engine.dispose()
        assert writer._connection is None
        commits.write([rows(10_001)])
        assert {10_000, 10_001} <= kept()


def test_sqlite_keeps_its_connection_when_a_write_fails(app: Flask) -> None:
    """If it were the last one, a commit that was not synced would be there once it is closed."""
    commits = GroupCommit()
    with app.app_context():
        commits.write([rows(10_000)])
        [writer] = commits._writers.values()
        before = writer._connection
        with pytest.raises(RowsRefused):
            commits.write([rows(10_001), rows(10_000)])
        assert writer._connection is before
        assert before
        assert before.driver_connection
        assert not before.driver_connection.in_transaction
        commits.write([rows(10_001)])
        assert {10_000, 10_001} <= kept()
