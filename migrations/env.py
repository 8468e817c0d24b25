"""Runs the migrations on the application's engine, all in one transaction or none."""

import click
from alembic import context
from alembic.runtime.migration import MigrationInfo
from flask import current_app
from sqlalchemy import Connection, text

from creditapp.database.engine import db
from creditapp.database.session import database_failures

OUR_LOCK = 0x6372656469746170
"""The key of our advisory lock in PostgreSQL: the letters «creditap»."""
PATIENCE = 60_000  # milliseconds


def wait_for_our_turn(connection: Connection) -> None:
    """Let one of several processes migrate; the others wait, and then find nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": OUR_LOCK})


def be_patient(connection: Connection) -> None:
    """Wait this long for SQLite's lock, which the transaction takes."""
    if connection.dialect.name == "sqlite":
        connection.connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")


def say(step: MigrationInfo, **_: object) -> None:
    """Print each migration that is applied or reverted."""
    done = "applied" if step.is_upgrade else "taken back"
    for revision in step.up_revisions:
        click.echo(f"database: {done}: {revision.doc} ({revision.revision})")


with database_failures("the database cannot be migrated"), db.engine.connect() as connection:
    be_patient(connection)
    with connection.begin():
        wait_for_our_turn(connection)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transactional_ddl=True,
            on_version_apply=say,
            **current_app.extensions["migrate"].configure_args,
        )
        context.run_migrations()
