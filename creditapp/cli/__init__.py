"""The commands: settings are read here and handed down as values."""

from flask import Flask

from creditapp.cli import accounts, backups, checks, models


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (*models.COMMANDS, *accounts.COMMANDS, *checks.COMMANDS, *backups.COMMANDS):
        app.cli.add_command(command)
