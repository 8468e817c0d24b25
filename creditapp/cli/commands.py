"""All commands of `flask`."""

from flask import Flask

from creditapp.cli import (
    backups,
    challenger,
    checks,
    decisions,
    documents,
    drift,
    exports,
    files,
    migrations,
    models,
    outcomes,
    people,
    performance,
    personal_data,
    policy,
    portfolio,
    preparation,
    reviews,
    seals,
    serving,
    uploads,
    validation,
    versions,
)

MODULES = (
    migrations,
    models,
    versions,
    validation,
    preparation,
    serving,
    challenger,
    policy,
    portfolio,
    documents,
    decisions,
    outcomes,
    drift,
    files,
    uploads,
    people,
    checks,
    backups,
    seals,
    personal_data,
    exports,
    performance,
    reviews,
)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for module in MODULES:
        for command in module.COMMANDS:
            app.cli.add_command(command)
