"""The command that checks whether the service may start."""

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.seals import known_public_keys
from creditapp.database import schema
from creditapp.database.schema import State
from creditapp.exceptions import DatabaseUnavailable, InvalidSetting
from creditapp.identity import people
from creditapp.seals.verification import verify
from creditapp.settings.connections import unprotected_connections
from creditapp.settings.current import current_settings
from creditapp.settings.settings import Settings
from creditapp.web import rate_limits

MOST_BLOCKS = 20
"""How much of the record is verified here; the rest is for `flask audit verify`."""


@click.command("check-config")
def check_config() -> None:
    """Check whether the service may start with these settings; exit code 2 if it may not.

    It also verifies the newest part of the record, and names what was changed in it.
    """
    with errors_in_one_line():
        _check(current_settings())
        report = verify(known_public_keys(), full=False, most_blocks=MOST_BLOCKS)
    for fault in report.faults:
        click.echo(f"the record: {fault}", err=True)
    click.echo("the service may start with these settings")


def _check(settings: Settings) -> None:
    """Check what only the neighbours know; the settings themselves were checked when they were read."""
    try:
        fit = schema.state()
        has_admin = fit is not State.OTHER and people.has_admin()
    except DatabaseUnavailable as error:
        raise InvalidSetting("DATABASE_URL: the database does not answer") from error
    if fit is State.OTHER:
        raise InvalidSetting(
            "DATABASE_URL: the schema is not this version's; run: flask db upgrade. If a newer "
            "version migrated it, start that version"
        )
    if fit is State.NEWER:
        click.echo("the schema is newer than this version needs, and suits it", err=True)
    for warning in unprotected_connections(settings) if settings.production else ():
        click.echo(warning, err=True)
    if settings.production and not has_admin:
        raise InvalidSetting(
            "DATABASE_URL: nobody in it is an admin; run: flask user add NAME --role admin"
        )
    if settings.production and not rate_limits.is_storage_answering():
        raise InvalidSetting(
            "CREDITAPP_LIMITS_STORAGE: it does not answer; start it, or set the address of one that does"
        )


COMMANDS = (check_config,)
