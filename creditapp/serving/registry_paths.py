"""Corrects the absolute paths that MLflow stores, after a file registry and its folder were moved.

Where both were moved together, or are mounted at another path, the paths are made right again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

FOLDER = "mlruns"
PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
"""The columns of MLflow 3 with absolute paths, by table."""


def artifacts_beside(tracking_uri: str) -> str | None:
    """The address of the artifact folder beside a file registry; none for a tracking server."""
    file = _file(tracking_uri)
    return (file.parent / FOLDER).as_uri() if file else None


def correct_paths(tracking_uri: str, experiment: str) -> None:
    """Point all paths to the folder beside the registry, if it exists and they point elsewhere.

    Raises:
        sqlite3.Error: the file cannot be read, or not be written where it has to be.
    """
    file, here = _file(tracking_uri), artifacts_beside(tracking_uri)
    if not (file and here and file.exists() and (file.parent / FOLDER).is_dir()):
        return
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        there = _location(connection, experiment)
        if there and there != here:
            for table, column in PATHS:
                _replace(connection, table, column, there, here)


def _file(tracking_uri: str) -> Path | None:
    scheme, separator, path = tracking_uri.partition(":///")
    return Path(unquote(path)).resolve() if separator and scheme.startswith("sqlite") else None


def _location(connection: sqlite3.Connection, experiment: str) -> str | None:
    """Where an experiment's artifacts were when it was created; none before the first training."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'experiments'"
    if not connection.execute(query).fetchone()[0]:
        return None
    query = "SELECT artifact_location FROM experiments WHERE name = ?"
    row = connection.execute(query, [experiment]).fetchone()
    return row and str(row[0])


def _replace(
    connection: sqlite3.Connection, table: str, column: str, there: str, here: str
) -> None:
    """Replace the beginning of all paths in a column."""
    connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608
        f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
        [here, len(there) + 1, there, len(there) + 1, f"{there}/"],
    )
