"""The commands: settings are read here and handed down as values."""

from flask import Flask

from creditapp.cli import (
    accounts,
    backups,
    challengers,
    checks,
    decisions,
    models,
    policies,
    portfolio,
    serving,
)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    groups = (
        models,
        serving,
        challengers,
        portfolio,
        accounts,
        checks,
        decisions,
        backups,
        policies,
    )
    for command in (command for group in groups for command in group.COMMANDS):
        app.cli.add_command(command)
