"""The commands that back the database up while the service runs, and restore it."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import URL, make_url

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.seals import known_public_keys, print_report
from creditapp.decisions import log as decision_log
from creditapp.exceptions import BackupFailed
from creditapp.seals.verification import verify
from creditapp.settings.current import current_settings

PG_DUMP = ("pg_dump", "--format=custom", "--no-owner", "--no-privileges")
PG_RESTORE = ("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Back the database up to FILE, which must not exist; the service may keep running."""
    with errors_in_one_line():
        if file.exists():
            raise BackupFailed(f"{file}: this file exists already")
        extent = decision_log.extent()
        draft = file.with_name(f"{file.name}.part")
        _copy(_database(), draft)
        draft.rename(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes; at the start {extent}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Restore FILE into an empty database, and verify its record; stop the service first."""
    with errors_in_one_line():
        _restore(_database(), file)
        extent = decision_log.extent()
        click.echo(f"{file} is restored: {extent}")
        report = verify(known_public_keys(), full=True)
    print_report(report)


def _database() -> URL:
    return make_url(current_settings().database_address)


def _copy(database: URL, file: Path) -> None:
    """Make a consistent copy with the database's own tool, also while others write."""
    if database.get_backend_name() == "sqlite":
        source = sqlite3.connect(f"file:{database.database}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
    else:
        _run(*PG_DUMP, f"--file={file}", database=database)


def _restore(database: URL, file: Path) -> None:
    if database.get_backend_name() == "sqlite":
        _restore_sqlite(Path(str(database.database)), file)
    else:
        _run(*PG_RESTORE, f"--dbname={database.database}", str(file), database=database)


def _restore_sqlite(place: Path, file: Path) -> None:
    if place.exists():
        raise BackupFailed(
            f"{place}: a database exists already; move it away, together with its -wal file"
        )
    if not _is_complete(file):
        raise BackupFailed(f"{file}: not a complete SQLite database")
    draft = place.with_name(f"{place.name}.part")
    _copy(URL.create("sqlite", database=str(file)), draft)
    draft.rename(place)


def _is_complete(file: Path) -> bool:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            result: tuple[str] = connection.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError:
            return False
    return result == ("ok",)


def _run(*command: str, database: URL) -> None:
    """Run a PostgreSQL tool; the password is passed by environment, so that no process list shows it."""
    environment = {**os.environ, **_variables(database)}
    try:
        completed = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is not installed; install postgresql-client") from error
    if completed.returncode:
        raise BackupFailed(f"{command[0]}: {completed.stderr.strip().splitlines()[-1]}")


def _variables(database: URL) -> dict[str, str]:
    """The address as the tools read it from the environment: its hosts, and how the server is verified."""
    _, found = database.get_dialect()().create_connect_args(database)
    names = {"dbname": "PGDATABASE", "connect_timeout": "PGCONNECT_TIMEOUT"}
    return {
        names.get(name, f"PG{name.upper().replace('_', '')}"): str(value)
        for name, value in found.items()
        if value
    }


COMMANDS = (backup, restore)
