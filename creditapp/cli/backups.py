"""Commands that copy the database while the service goes on, and bring a copy back."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import URL, make_url

from creditapp.cli.errors import in_one_line
from creditapp.decisions import log as decision_log
from creditapp.exceptions import BackupFailed

PG_DUMP = ("pg_dump", "--format=custom", "--no-owner", "--no-privileges")
PG_RESTORE = ("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE, which must not be there yet; the service may go on."""
    with in_one_line():
        if file.exists():
            raise BackupFailed(f"{file}: there is a file already")
        held = decision_log.extent()
        draft = file.with_name(f"{file.name}.part")
        _copy(_database(), draft)
        draft.rename(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes; at the beginning {held}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring FILE back into an empty database; stop the service first."""
    with in_one_line():
        _bring_back(_database(), file)
        held = decision_log.extent()
    click.echo(f"{file} is back: {held}")


def _database() -> URL:
    return make_url(current_app.config["SETTINGS"].database_address)


def _copy(database: URL, file: Path) -> None:
    """By the database's own means: a consistent copy, whatever is written meanwhile."""
    if database.get_backend_name() == "sqlite":
        source = sqlite3.connect(f"file:{database.database}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
    else:
        _run(*PG_DUMP, f"--file={file}", database=database)


def _bring_back(database: URL, file: Path) -> None:
    if database.get_backend_name() == "sqlite":
        _bring_back_sqlite(Path(str(database.database)), file)
    else:
        _run(*PG_RESTORE, f"--dbname={database.database}", str(file), database=database)


def _bring_back_sqlite(place: Path, file: Path) -> None:
    if place.exists():
        raise BackupFailed(f"{place}: there is a database already; move it away, with its -wal")
    if not _is_whole(file):
        raise BackupFailed(f"{file}: it is not a whole SQLite database")
    draft = place.with_name(f"{place.name}.part")
    _copy(URL.create("sqlite", database=str(file)), draft)
    draft.rename(place)


def _is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            found: tuple[str] = connection.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError:
            return False
    return found == ("ok",)


def _run(*command: str, database: URL) -> None:
    """PostgreSQL's own tools; the password is in no list of processes."""
    where = {"PGHOST": database.host, "PGPORT": str(database.port or 5432)}
    who = {"PGUSER": database.username, "PGPASSWORD": str(database.password or "")}
    given = {**where, **who, "PGDATABASE": database.database}
    environment = {**os.environ, **{name: value for name, value in given.items() if value}}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is not on this machine: postgresql-client") from error
    if done.returncode:
        raise BackupFailed(f"{command[0]}: {done.stderr.strip().splitlines()[-1]}")


COMMANDS = (backup, restore)
