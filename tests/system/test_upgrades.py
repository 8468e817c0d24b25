"""A new version while the service runs: migrations hold nobody up, and the version before goes on."""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from creditapp.database.migration_locks import LOCK_SECONDS
from creditapp.database.schema import newest_known
from tests import smoke
from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import (
    ROOT,
    Trained,
    environment,
    flask,
    free_port,
    send,
    serve,
    wait_until,
)

BEFORE_EXPIRY = "f1a6d3b8924e"
"""The migration after it makes new triggers on `decision`, for which it needs the table for itself."""
FIRST_ON_RECORD = "c4d70b9e2a16"


@contextmanager
def held(address: str, statement: str, name: str) -> Iterator[psycopg.Connection]:
    """A transaction of another program that has done something and does not end."""
    with psycopg.connect(address, application_name=name) as connection:
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def longest_wait(address: str, until: threading.Event) -> float:
    """How long a row of a decision waited at most to be let into its table, in seconds."""
    longest = 0.0
    with psycopg.connect(address) as connection:
        while not until.is_set():
            began = time.monotonic()
            connection.execute("LOCK TABLE decision IN ROW EXCLUSIVE MODE")
            connection.rollback()
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
    return longest


def test_a_migration_beside_a_backup_holds_decisions_up_for_seconds_and_waits_for_its_end(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained
) -> None:
    """It names the program that holds the table, lets the others go first, and tries again."""
    address = postgresql.create(postgresql_prepared)
    run = partial(flask, database=address, registry=trained.registry)
    back = run("db", "downgrade", "--drop-data", BEFORE_EXPIRY)
    assert back.returncode == 0, back.stdout + back.stderr
    ended, waits = threading.Event(), list[float]()
    watcher = threading.Thread(target=lambda: waits.append(longest_wait(address, ended)))
    watcher.start()
    migration = subprocess.Popen(
        [sys.executable, "-m", "flask", "db", "upgrade"],
        cwd=ROOT,
        env=environment(address, trained.registry, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert migration.stdout
    with held(address, "SELECT count(*) FROM decision", "a backup"):
        said = migration.stdout.readline()
    said += migration.stdout.read()
    migration.stdout.close()
    assert migration.wait(60) == 0, said
    ended.set()
    watcher.join()
    assert "a table is in use by a backup (process" in said
    assert f"applied: the record expires ({BEFORE_EXPIRY})" not in said
    assert "applied: the record expires" in said
    assert waits[0] < LOCK_SECONDS + 2


def test_a_statement_that_takes_too_long_ends_and_changes_nothing(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained
) -> None:
    """The message says how to allow more."""
    address = postgresql.create(postgresql_prepared)
    database = address.rpartition("/")[2]
    run = partial(flask, database=address, registry=trained.registry)
    assert run("db", "downgrade", "--drop-data", BEFORE_EXPIRY).returncode == 0
    postgresql.run(
        "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(5); END $$",
        database,
    )
    postgresql.run(
        "CREATE EVENT TRIGGER slow ON ddl_command_start EXECUTE FUNCTION slow()", database
    )
    done = run("db", "upgrade", "--statement-seconds", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "one statement took longer than 1 s" in done.stderr
    assert "--statement-seconds" in done.stderr
    [[revision]] = postgresql.run("SELECT version_num FROM alembic_version", database)
    assert revision == BEFORE_EXPIRY


def test_health_says_that_decisions_cannot_be_written_while_their_table_is_held(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained, tmp_path: Path
) -> None:
    """And liveness stays as it is: a restart would not help."""
    address = postgresql.create(postgresql_prepared)
    log = tmp_path / "log"
    with serve(address, trained.registry, log=log, CREDITAPP_DATABASE_SECONDS="1") as service:
        assert service.get("/api/health").status == 200
        for table in ("decision", "decision_answers"):
            with held(address, f"LOCK TABLE {table} IN SHARE MODE", "a migration"):
                wait_until(lambda: service.get("/api/health").status == 503, 10)
                assert service.get("/api/live").status == 200
            wait_until(lambda: service.get("/api/health").status == 200, 10)


@on_both
def test_taking_migrations_back_drops_no_data_unless_told_to(
    database_url: str, trained: Trained
) -> None:
    """The refusal names what would be lost; without data nothing is asked for."""
    run = partial(flask, database=database_url, registry=trained.registry)
    refused = run("db", "downgrade", "base")
    assert refused.returncode == 2
    assert "this would drop data" in refused.stderr
    assert "deployment: 1 rows" in refused.stderr
    assert "--drop-data" in refused.stderr
    unchanged = run("db", "upgrade")
    assert (unchanged.returncode, unchanged.stdout) == (0, "")
    without_data = run("db", "downgrade", "a93e5c17d4b0")
    assert without_data.returncode == 0, without_data.stderr
    assert "taken back: applied migrations are on record" in without_data.stdout
    told = run("db", "downgrade", "--drop-data", "base")
    assert told.returncode == 0, told.stderr


@on_both
def test_a_column_with_values_is_data_too(database_url: str, trained: Trained) -> None:
    """Its table stays; its values would go."""
    run = partial(flask, database=database_url, registry=trained.registry)
    refused = run("db", "downgrade", "b7d1f3a92c58")
    assert refused.returncode == 2
    assert "deployment.portfolio: 1 values" in refused.stderr


@on_both
def test_a_newer_schema_suits_if_all_its_migrations_expand_it(
    database_url: str, trained: Trained
) -> None:
    """This version then starts on it and leaves it as it is; after a contraction it does not start."""
    run = partial(flask, database=database_url, registry=trained.registry)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'next'"))
        connection.execute(
            text("INSERT INTO schema_step VALUES ('next', :known, 'expand', '2026-12-01')"),
            {"known": newest_known()},
        )
    started = run("check-config")
    assert started.returncode == 0, started.stderr
    assert "the schema is newer than this version needs, and suits it" in started.stderr
    migrated = run("db", "upgrade")
    assert migrated.returncode == 0
    assert "is newer than this version needs" in migrated.stdout
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_step SET kind = 'contract' WHERE revision = 'next'"))
    engine.dispose()
    refused = run("check-config")
    assert refused.returncode == 2
    assert "If a newer version migrated it, start that version" in refused.stderr


def test_each_migration_says_whether_it_expands_or_contracts() -> None:
    """All since the first that is on record."""
    scripts = ScriptDirectory(str(ROOT / "migrations")).walk_revisions(FIRST_ON_RECORD, "heads")
    assert {one.module.kind for one in scripts} <= {"expand", "contract"}


@on_both
def test_the_version_before_goes_on_with_the_new_schema(
    database_url: str, trained: Trained, tmp_path: Path
) -> None:
    """The code from before the newest migration, taken from the project's history, on today's schema."""
    code = code_before_newest_migration(tmp_path / "before")
    adding = ("user", "add", "olga", "--role", "admin", "--generate")
    added = flask(*adding, database=database_url, registry=trained.registry)
    with serve(database_url, trained.registry, log=tmp_path / "log", code=code) as service:
        [password] = re.findall(r"only once: (\S+)", added.stdout)
        smoke.use(service, "olga", password)
    with serve(database_url, trained.registry, log=tmp_path / "log") as service:
        assert service.post("/api/predict", EXAMPLE).status == 200


def code_before_newest_migration(folder: Path) -> Path:
    """Put the code that did not know the newest migration into a folder."""
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    newest = scripts.get_revision(newest_known())
    if newest.module.kind == "contract":
        pytest.skip(
            "the newest migration contracts the schema: the version before does not start on it"
        )
    git = partial(subprocess.run, cwd=ROOT, check=True, capture_output=True)
    file = str(Path(newest.path).relative_to(ROOT))
    log = git(["git", "log", "--format=%H", "--diff-filter=A", "--", file], text=True).stdout
    assert log, f"{file}: no commit adds it; commit it, or fetch the history: git fetch --unshallow"
    folder.mkdir()
    archive = git(["git", "archive", f"{log.split()[-1]}^"]).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder


def test_the_first_answer_of_a_new_host_is_a_decision(trained: Trained, tmp_path: Path) -> None:
    """Its workers accept connections after they loaded the model; who comes earlier waits."""
    database = shutil.copy(trained.database, tmp_path / "creditapp.db")
    port, statuses, ended = free_port(), list[int](), threading.Event()
    address = f"http://127.0.0.1:{port}/api/predict"
    headers = {"Content-Type": "application/json"}

    def ask_from_the_first_moment() -> None:
        while len(statuses) < 20 and not ended.wait(0.01):
            with suppress(OSError):
                asked = urllib.request.Request(address, json.dumps(EXAMPLE).encode(), headers)
                statuses.append(send(asked).status)

    client = threading.Thread(target=ask_from_the_first_moment)
    client.start()
    try:
        with serve(database, trained.registry, log=tmp_path / "log", port=port):
            client.join(timeout=90)
    finally:
        ended.set()
        client.join()
    assert statuses == [200] * 20
