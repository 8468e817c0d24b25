"""The command by which the pages read what the registry holds of some versions."""

import json

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.registry import open_registry


@click.command(hidden=True)
@click.argument("versions", nargs=-1, required=True)
def documents(versions: tuple[str, ...]) -> None:
    """Print the report and the table of points of some VERSIONS as one line of JSON."""
    with errors_in_one_line(as_json=True):
        registry = open_registry()
        found = {
            version: {
                "report": registry.report(version),
                "points_table": registry.points_table(version),
            }
            for version in versions
        }
    click.echo(json.dumps(found))


COMMANDS = (documents,)
