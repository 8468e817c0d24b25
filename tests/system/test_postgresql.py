"""The real service on a real PostgreSQL."""

import csv
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from creditapp.applications.questions import number_from_text
from creditapp.database.postgresql import limit_silence
from creditapp.settings.paths import ROOT
from tests.load import assert_kept, under_load
from tests.portfolios import EXAMPLE, QUESTIONS
from tests.postgresql import Postgresql
from tests.serving import Answer, Service, Trained, serve, wait_until

WITHIN_SECONDS = 10
with (ROOT / "data" / "estadistical.csv").open(newline="") as lines:
    DATA = list(csv.DictReader(lines))


def test_a_restart_of_the_database_costs_answers_while_it_lasts_and_nothing_more(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """503 within seconds while it is away; then the same workers go on, and what was answered is kept."""
    with serve(address, trained.registry, log=tmp_path / "log") as service:
        workers = service.workers()
        with under_load(6, lambda: service.post("/api/predict", EXAMPLE)) as answered:
            wait_until(lambda: len(answered) > 50, 20)
            server.stop()
            began = time.monotonic()
            assert service.post("/api/predict", EXAMPLE).status == 503
            assert service.get("/api/health").status == 503
            assert service.get("/api/live").status == 200
            assert time.monotonic() - began < WITHIN_SECONDS
            server.start()
            before = len(answered)
            wait_until(lambda: len(answered) > before + 50, 20, service.log.read_text)
        assert service.get("/api/health").status == 200
        assert service.workers() == workers
    assert_kept(answered, address)


def test_the_password_of_the_database_changes_while_hosts_are_replaced_in_turn(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """Open connections go on with the old password, so no request fails."""
    database = address.rpartition("/")[2]
    server.run("CREATE ROLE lender LOGIN SUPERUSER PASSWORD 'before'")
    login = f"127.0.0.1:{server.port}/{database}"
    old, new = (f"postgresql://lender:{word}@{login}" for word in ("before", "after"))
    statuses = set()

    def ask() -> Answer:
        answer = first.post("/api/predict", EXAMPLE)
        statuses.add(answer.status)
        return answer

    with (
        serve(old, trained.registry, log=tmp_path / "old") as first,
        under_load(4, ask) as by_first,
    ):
        wait_until(lambda: len(by_first) > 50, 20)
        server.run("ALTER ROLE lender PASSWORD 'after'")
        with serve(new, trained.registry, log=tmp_path / "new") as second:
            before = len(by_first)
            wait_until(lambda: len(by_first) > before + 50, 20)
            assert second.post("/api/predict", EXAMPLE).status == 200
    assert statuses == {200}
    assert_kept(by_first, address)
    with pytest.raises(OperationalError):
        create_engine(old.replace("postgresql:", "postgresql+psycopg:")).connect()


def test_a_killed_worker_loses_nothing_that_was_answered(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained, tmp_path: Path
) -> None:
    """At five random moments under load, with batches among the single ones."""
    address = postgresql.create(postgresql_prepared)

    with serve(address, trained.registry, log=tmp_path / "log") as service:
        batch = {"applications": [EXAMPLE] * 20}
        with (
            under_load(4, lambda: service.post("/api/predict", EXAMPLE)) as alone,
            under_load(2, lambda: service.post("/api/predict-batch", batch)) as together,
        ):
            for _ in range(5):
                time.sleep(random.uniform(0.2, 1.2))
                os.kill(service.workers()[0], signal.SIGKILL)
            enough = len(alone) + 50
            wait_until(lambda: len(alone) > enough, 30)
        wait_until(lambda: len(service.workers()) == 2, 10)
    assert_kept(alone + together, address)


def test_both_databases_give_the_same_answers(
    service: Service,
    postgresql: Postgresql,
    postgresql_prepared: str,
    trained: Trained,
    tmp_path: Path,
) -> None:
    """To a batch of the data's rows, bit by bit."""
    batch = {"applications": [feature_rows(number) for number in range(200)]}
    address = postgresql.create(postgresql_prepared)
    with serve(address, trained.registry, log=tmp_path / "log") as other:
        answers = [
            [*one.post("/api/predict-batch", batch).json["predictions"]] for one in (service, other)
        ]
    assert [without_ids(one) for one in answers[0]] == [without_ids(one) for one in answers[1]]


def feature_rows(number: int) -> dict[str, object]:
    """One row of the data, as an application."""
    row = DATA[number]
    return {question.name: number_from_text(row[question.name]) for question in QUESTIONS}


def without_ids(prediction: dict[str, object]) -> dict[str, object]:
    """What is the same wherever it was decided."""
    own = ("decision_id", "timestamp")
    return {name: value for name, value in prediction.items() if name not in own}


def test_each_worker_has_connections_of_its_own(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained, tmp_path: Path
) -> None:
    """No pool crosses a fork: the sockets that lead to the database are held by one process each."""
    address = postgresql.create(postgresql_prepared)
    with serve(address, trained.registry, log=tmp_path / "log") as service:
        assert {service.post("/api/predict", EXAMPLE).status for _ in range(20)} == {200}
        of_master = sockets_to(postgresql.port, service.process.pid)
        first, second = [sockets_to(postgresql.port, pid) for pid in service.workers()]
    assert first
    assert second
    assert not first & second
    assert not of_master


def sockets_to(port: int, pid: int) -> set[str]:
    """The sockets of a process that lead to a port, by their inode."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    leading = {fields[9] for fields in map(str.split, lines) if fields[2].endswith(f":{port:04X}")}
    held = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()}
    return {inode for inode in leading if f"socket:[{inode}]" in held}


@pytest.fixture
def impatient(postgresql: Postgresql) -> Iterator[Engine]:
    """An engine that waits for one second."""
    engine = create_engine(postgresql.create().replace("postgresql:", "postgresql+psycopg:"))
    limit_silence(engine, 1)
    yield engine
    engine.dispose()


def test_a_statement_that_takes_too_long_is_ended_by_the_server(impatient: Engine) -> None:
    """It does not go on for a client that has left, and the connection can be used again."""
    with impatient.connect() as connection:
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with pytest.raises(OperationalError, match="statement timeout"):
            connection.exec_driver_sql("SELECT pg_sleep(5)")
        connection.rollback()
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() == mine


def test_many_statements_that_take_long_together_are_not_cut(impatient: Engine) -> None:
    """The limit is for silence, not for the length of a large batch."""
    began = time.monotonic()
    with impatient.connect() as connection, connection.connection.cursor() as cursor:
        # Rows that are larger than the server's buffer, so that it says something after each.
        cursor.executemany("SELECT repeat('x', 20000), pg_sleep(%s)", [(0.2,)] * 10)
    assert time.monotonic() - began > 1.9
