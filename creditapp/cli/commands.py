"""The commands: settings are read here and handed down as values."""

from flask import Flask

from creditapp.cli import (
    backups,
    challenger,
    checks,
    decisions,
    files,
    models,
    people,
    policy,
    serving,
)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    groups = (
        models,
        serving,
        challenger,
        files,
        people,
        checks,
        decisions,
        backups,
        policy,
    )
    for command in (command for group in groups for command in group.COMMANDS):
        app.cli.add_command(command)
