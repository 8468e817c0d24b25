"""The commands that migrate the database, in place of those that Flask-Migrate brings."""

from collections.abc import Sequence

import click
import flask_migrate
from flask.cli import with_appcontext
from flask_migrate.cli import db as group

from creditapp.cli.errors import errors_in_one_line
from creditapp.database import schema
from creditapp.database.migration_locks import STATEMENT_SECONDS
from creditapp.database.schema import State

statement_seconds = click.option(
    "--statement-seconds",
    type=click.IntRange(min=1),
    default=STATEMENT_SECONDS,
    show_default=True,
    help="How long one statement may take; decisions may wait for it (PostgreSQL).",
)


@click.command()
@statement_seconds
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision: str, statement_seconds: int) -> None:
    """Migrate the database to REVISION, the newest if none is given."""
    with errors_in_one_line():
        migrate(revision, [f"statement_seconds={statement_seconds}"])


@click.command()
@click.option("--drop-data", is_flag=True, help="Drop what the older schema cannot hold.")
@statement_seconds
@click.argument("revision", default="-1")
@with_appcontext
def downgrade(revision: str, statement_seconds: int, *, drop_data: bool) -> None:
    """Take migrations back down to REVISION, the one before if none is given; stop the service first.

    Data that the older schema cannot hold is never dropped without --drop-data.
    """
    options = [f"statement_seconds={statement_seconds}"]
    with errors_in_one_line():
        flask_migrate.downgrade(
            revision=revision, x_arg=options if drop_data else [*options, "keep_data"]
        )


def migrate(revision: str = "head", options: Sequence[str] = ()) -> None:
    """Migrate the database, unless it is ahead of this version of the code and suits it."""
    if schema.state() is State.NEWER:
        click.echo("database: its schema is newer than this version needs, and suits it")
        return
    flask_migrate.upgrade(revision=revision, x_arg=list(options))


COMMANDS: Sequence[click.Command] = ()
"""None beside the group `db`, which is Flask-Migrate's and has these two in it now."""

for command in (upgrade, downgrade):
    group.add_command(command)
