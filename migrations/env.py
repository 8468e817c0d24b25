"""Runs the migrations on the application's engine, all in one transaction or none."""

import click
from alembic import context
from alembic.runtime.migration import MigrationInfo
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.schema import SchemaItem

from creditapp.database import migration_locks, schema
from creditapp.database.contents import count_contents, describe_loss
from creditapp.database.engine import db
from creditapp.database.session import database_failures
from creditapp.exceptions import DataWouldBeLost

OUR_LOCK = 0x6372656469746170
"""The key of our advisory lock in PostgreSQL: the letters «creditap»."""
PATIENCE = 60_000  # milliseconds

options = context.get_x_argument(as_dictionary=True)
keeps_data = "keep_data" in options
statement_seconds = int(options.get("statement_seconds", migration_locks.STATEMENT_SECONDS))


def wait_for_our_turn(connection: Connection) -> None:
    """Let one of several processes migrate; the others wait, and then find nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": OUR_LOCK})


def be_patient(connection: Connection) -> None:
    """Wait this long for SQLite's lock, which the transaction takes."""
    if connection.dialect.name == "sqlite":
        connection.connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")


def run_migrations(connection: Connection) -> list[MigrationInfo]:
    """Run them; which were applied or taken back."""
    done: list[MigrationInfo] = []

    def note(step: MigrationInfo, **_: object) -> None:
        schema.keep_record(connection, step)
        done.append(step)

    def include(item: SchemaItem, *_: object) -> bool:
        return item.info.get("dialect", connection.dialect.name) == connection.dialect.name

    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        include_object=include,
        transactional_ddl=True,
        on_version_apply=note,
        **current_app.extensions["migrate"].configure_args,
    )
    context.run_migrations()
    return done


def refuse_loss(connection: Connection, before: dict[str, dict[str, int]]) -> None:
    """Refuse to take migrations back that hold data; raised here, it takes everything back."""
    if lost := describe_loss(before, count_contents(connection)):
        raise DataWouldBeLost(
            f"this would drop data: {'; '.join(lost)}. Nothing was changed. "
            "To drop it, back the database up and repeat the command with --drop-data"
        )


def migrate() -> None:
    """Migrate once, all or nothing, and print each migration that was applied or taken back."""
    with db.engine.connect() as connection:
        be_patient(connection)
        with connection.begin():
            wait_for_our_turn(connection)
            migration_locks.limit_waiting(connection, statement_seconds)
            before = count_contents(connection) if keeps_data else {}
            done = run_migrations(connection)
            if keeps_data:
                refuse_loss(connection, before)
    for step in done:
        verb = "applied" if step.is_upgrade else "taken back"
        for revision in step.up_revisions:
            click.echo(f"database: {verb}: {revision.doc} ({revision.revision})")


with database_failures("the database cannot be migrated"):
    migration_locks.try_with_patience(db.engine, migrate, click.echo, statement_seconds)
