"""Migrations on a database with rows."""

import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from creditapp.extensions import db, reading, writing
from creditapp.features import EXAMPLE
from tests.clients import StrictClient
from tests.serving import Trained, flask


def test_they_go_down_and_up_again_on_a_database_with_rows(
    app: Flask, client: StrictClient
) -> None:
    """And the database can be used afterwards."""
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    with app.app_context():
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        names = set(inspect(db.engine).get_table_names())
    assert {"decision", "decision_answers", "deployment", "served_bundle", "log_probe"} <= names


def test_autogenerate_finds_nothing_to_do(database: Path, trained: Trained) -> None:
    """The tables in code are the tables in the migrations."""
    done = flask("db", "check", database=database, registry=trained.registry)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected" in done.stdout + done.stderr


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
                "('a', '2026-01-01', 'api', NULL, 'r', 0.5, 0, 'LOW', 'approve', '[]', 'p', '1', 99, 'f',"
                " 'local')"
            )
    connection.close()
