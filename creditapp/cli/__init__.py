"""The commands: settings are read here and handed down as values."""

from flask import Flask

from creditapp.cli import accounts, checks, decisions, models, serving


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        *models.COMMANDS,
        *serving.COMMANDS,
        *accounts.COMMANDS,
        *checks.COMMANDS,
        *decisions.COMMANDS,
    ):
        app.cli.add_command(command)
