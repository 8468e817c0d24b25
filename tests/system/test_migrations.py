"""Migrations on a database with rows."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, inspect, select, text

from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.scores import UNFIT, ShadowScore
from creditapp.database.engine import db
from creditapp.database.session import reading, writing
from creditapp.decisions import log as decision_log
from creditapp.decisions import queue, reviews
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.log import Answers, Decision
from creditapp.decisions.queue import Part
from creditapp.decisions.reviews import SentReview
from creditapp.decisions.waiting import WaitingDecision
from creditapp.seals import expiries
from tests.actors import A_TEST
from tests.clients import LONG, StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.retrained import other_bundle
from tests.serving import Trained, flask
from tests.tampering import triggers


@on_both
def test_they_go_down_and_up_again_on_a_database_with_rows(
    app: Flask, client: StrictClient
) -> None:
    """On SQLite and on PostgreSQL, and the database can be used afterwards."""
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    with app.app_context():
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        names = set(inspect(db.engine).get_table_names())
    assert {"decision", "decision_answers", "deployment", "served_bundle", "log_probe"} <= names


@on_both
def test_the_old_triggers_come_back_as_they_were(app: Flask) -> None:
    """Taking back the migration of the append-only tables leaves exactly what older ones made."""
    with app.app_context():
        downgrade(revision="base")
        upgrade(revision="a4e8c1d73b95")
        with db.engine.connect() as connection:
            before = triggers(connection)
        upgrade()
        downgrade(revision="a4e8c1d73b95")
        with db.engine.connect() as connection:
            assert triggers(connection) == before


@on_both
def test_rows_from_before_portfolios_are_german_credits_and_unfit_ones_go_with_them(
    app: Flask, client: StrictClient
) -> None:
    """The older table cannot hold a challenger's row without a score; the others stay, and so do triggers."""
    made = [client.post("/api/predict", json=EXAMPLE).get_json()["decision_id"] for _ in range(2)]
    with app.app_context():
        bundle = other_bundle().pack()
        row = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, A_TEST, "to compare")
        scores = dict(zip(map(UUID, made), (ShadowScore(0.5, "refer"), UNFIT), strict=True))
        challenger_scores.record(row.id, scores)
        with db.engine.connect() as connection:
            before = triggers(connection)
        downgrade(revision="f1a6d3b8924e")  # before triggers knew of expiries
        with db.engine.connect() as connection:
            unexpired = triggers(connection)
        downgrade(revision="b7d1f3a92c58")
        with db.engine.connect() as connection:
            kept = connection.execute(text("SELECT decision FROM challenger_score")).all()
            later = {
                "outcome",
                "proposal",
                "proposal_decision",
                "erasure",
                "seal_block",
                "seal_part",
            }
            assert triggers(connection) == {one for one in unexpired if one[1] not in later}
        upgrade()
        with db.engine.connect() as connection:
            portfolios = [
                connection.execute(text(f"SELECT portfolio FROM {table}")).scalars().all()  # noqa: S608
                for table in ("deployment", "decision")
            ]
            assert triggers(connection) == before
    assert kept == [("refer",)]
    assert portfolios == [["german-credit"], ["german-credit"] * 2]


@on_both
def test_the_reference_moves_to_the_answers_and_back(app: Flask, client: StrictClient) -> None:
    """An erased decision stays without one, each row has a salt of its own, and triggers stay."""
    made = [
        client.post("/api/predict", json={**EXAMPLE, "reference": name}).get_json()["decision_id"]
        for name in ("kept", "erased", "kept too")
    ]
    with app.app_context():
        with writing() as session:
            session.execute(delete(Answers).where(Answers.decision_id == UUID(made[1])))
        with db.engine.connect() as connection:
            before = triggers(connection)
        downgrade(revision="d2b8f4a61c07")
        query = text("SELECT reference FROM decision ORDER BY decision_id")
        with db.engine.connect() as connection:
            assert connection.execute(query).scalars().all() == ["kept", None, "kept too"]
        upgrade()
        with db.engine.connect() as connection:
            assert triggers(connection) == before
        rows = [decision_log.find(decision_id) for decision_id in made]
    assert [row.reference for row in rows] == ["kept", None, "kept too"]
    salts = {row.given.salt for row in rows if row.given}
    assert [len(salt) for salt in salts] == [16, 16]


@on_both
def test_the_queue_is_filled_from_what_was_referred_before(
    app: Flask, client: StrictClient
) -> None:
    """A database from before the table has decisions that wait, and some that were reviewed."""
    made = [client.post("/api/predict", json=LONG).get_json()["decision_id"] for _ in range(3)]
    with app.app_context():
        reviews.record(
            decision_log.find(made[0]), SentReview("approve", "documents", "seen"), A_TEST, None
        )
        downgrade(revision="c4d70b9e2a16")
        upgrade()
        cases = queue.find_page(Part.ALL, Reviewer(A_TEST), 9).cases
        assert [str(one.decision.decision_id) for one in cases] == made[1:]


@on_both
def test_a_decision_that_is_gone_waits_no_more(app: Flask, client: StrictClient) -> None:
    """As those that expired."""
    [made, other] = [
        client.post("/api/predict", json=LONG).get_json()["decision_id"] for _ in range(2)
    ]
    with app.app_context():
        with writing() as session:
            expiries.add(session, "decision", 1, datetime.now(UTC) + timedelta(days=1), A_TEST, 1)
            session.flush()
            for table in (Answers, Decision):
                session.execute(delete(table).where(table.decision_id == UUID(made)))
        with reading() as session:
            assert session.scalars(select(WaitingDecision.decision_id)).all() == [UUID(other)]


@on_both
def test_autogenerate_finds_nothing_to_do(database_url: str, trained: Trained) -> None:
    """The tables in code are the tables in the migrations."""
    done = flask("db", "check", database=database_url, registry=trained.registry)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected" in done.stdout + done.stderr


@on_both
def test_of_four_migrations_at_once_one_applies_and_the_others_wait(
    engine: str, trained: Trained, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each ends well, and says which it was."""
    if engine == "postgresql":
        address = request.getfixturevalue("postgresql").create()
    else:
        address = f"sqlite:///{tmp_path}/empty.db"
    migrate = partial(flask, "db", "upgrade", database=address, registry=trained.registry)
    with ThreadPoolExecutor(4) as pool:
        done = [future.result() for future in [pool.submit(migrate) for _ in range(4)]]
    assert [one.returncode for one in done] == [0] * 4, [one.stderr[-500:] for one in done]
    assert sorted("database: applied" in one.stdout for one in done) == [False] * 3 + [True]


def test_the_database_is_durable(app: Flask, database: Path) -> None:
    """A write-ahead log, and each commit on disk before it is answered."""
    with app.app_context(), db.engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_a_writer_waits_at_its_beginning_and_a_reader_never(app: Flask, database: Path) -> None:
    """A transaction that reads and then writes cannot fail half way, and looking costs nobody a turn."""
    other = sqlite3.connect(database, timeout=0.05)
    with app.app_context(), writing() as writer:
        writer.execute(text("SELECT 1"))
        with reading() as reader:
            assert reader.execute(text("SELECT count(*) FROM deployment")).scalar() == 1
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_decision_cannot_name_a_deployment_that_never_was(database: Path) -> None:
    """The database itself keeps the thread from a decision to its model."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(
                "INSERT INTO decision VALUES "
                "('a', '2026-01-01', 'api', 'r', 0.5, 0, 'LOW', 'approve', '[]', 'p', '1', 99, 'f',"
                " 'local', 'e', 'german-credit', 512)"
            )
    connection.close()
