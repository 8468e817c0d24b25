"""The command that says whether the service may start."""

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from creditapp.cli.errors import in_one_line
from creditapp.database.engine import schema_is_at_head
from creditapp.exceptions import InvalidSetting
from creditapp.identity import people
from creditapp.settings.settings import Settings


@click.command("check-config")
def check_config() -> None:
    """Say whether the service may start with these settings; code 2 where it may not."""
    with in_one_line():
        _check(current_app.config["SETTINGS"])
    click.echo("the service may start with these settings")


def _check(settings: Settings) -> None:
    """Check what only the database knows; the settings themselves were checked when they were read."""
    try:
        at_head = schema_is_at_head()
        governed = at_head and people.has_admin()
    except SQLAlchemyError as error:
        raise InvalidSetting("DATABASE_URL: the database does not answer") from error
    if not at_head:
        raise InvalidSetting("DATABASE_URL: the schema is not the newest; run: flask db upgrade")
    if settings.production and not governed:
        raise InvalidSetting(
            "DATABASE_URL: nobody in it is an admin; run: flask user add NAME --role admin"
        )


COMMANDS = (check_config,)
