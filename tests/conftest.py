"""One trained model for the whole session; each test gets a database and an application of its own."""

import os
import re
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from sqlalchemy.pool import Pool

os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
os.environ["FLASK_SKIP_DOTENV"] = "1"

from creditapp.factory import create_app
from creditapp.identity import passwords
from creditapp.identity import people as people_module
from creditapp.identity.people import Role
from creditapp.serving import cache
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.postgresql import Postgresql
from tests.postgresql import postgresql as start_postgresql
from tests.serving import Service, Trained, flask, serve


class FailuresAtOnce:
    """Shows a failure when it happens, so that a run that is cut off says what failed."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write what failed."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter:
            reporter.write_line(
                f"\n{report.when} of {report.nodeid}\n{report.longreprtext[-2000:]}"
            )


def pytest_configure(config: pytest.Config) -> None:
    """Show failures at once."""
    config.pluginmanager.register(FailuresAtOnce(config))


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> None:
    """Hashes made in this process cost a moment, not a quarter of a second; what is served keeps its own."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _models_verified_once() -> None:
    """The applications of this process verify the same bundle once."""
    cache._verified = lru_cache(maxsize=8)(cache._verified)


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The applications of this process share what Jinja makes of a template."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": compiled}


@pytest.fixture(autouse=True)
def closed_connections() -> Iterator[None]:
    """No test leaves a connection to its database open; MLflow keeps its own for the whole session."""
    opened: list[Any] = []

    def note(connection: Any, _record: object) -> None:
        if not _is_mlflows(connection):
            opened.append(connection)

    event.listen(Pool, "connect", note)
    yield
    event.remove(Pool, "connect", note)
    for connection in opened:
        connection.close()


def _is_mlflows(connection: Any) -> bool:
    if not isinstance(connection, sqlite3.Connection):
        return False
    [file] = [row[2] for row in connection.execute("PRAGMA database_list")]
    return str(file).endswith("mlflow.db")


@pytest.fixture(scope="module", autouse=True)
def _forgotten_places() -> None:
    """Copies of a registry hold the same runs; MLflow keeps the place of a run's files in the process."""
    utils = sys.modules.get("mlflow.tracking._tracking_service.utils")
    if utils:
        utils._artifact_repos_cache.clear()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The result of the real preparation: migrated, trained, promoted.

    `CREDITAPP_TESTS_TRAINED` names a folder that keeps the result for later runs. Each run works on a
    copy. Delete the folder after a change to the training, the bundle or the migrations.
    """
    home = tmp_path_factory.mktemp("trained")
    kept = os.environ.get("CREDITAPP_TESTS_TRAINED")
    if kept and Path(kept).exists():
        shutil.copytree(kept, home, dirs_exist_ok=True)
    else:
        _prepare(home)
        if kept:
            shutil.copytree(home, kept)
    password = (home / "password").read_text()
    return Trained(home / "creditapp.db", home / "mlflow.db", password)


def _prepare(home: Path) -> None:
    done = flask("prepare", database=home / "creditapp.db", registry=home / "mlflow.db")
    assert done.returncode == 0, done.stderr
    [password] = re.findall(r"name admin, password (\S+)", done.stdout)
    (home / "password").write_text(password)


@pytest.fixture
def database(trained: Trained, tmp_path: Path) -> Path:
    """A database of this test's own, with the model deployed."""
    return Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL of this session's own."""
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_prepared(postgresql: Postgresql, trained: Trained) -> str:
    """The name of a database with the model deployed, to make copies of."""
    address = postgresql.create()
    done = flask("prepare", database=address, registry=trained.registry)
    assert done.returncode == 0, done.stderr
    return address.rpartition("/")[2]


@pytest.fixture
def server() -> Iterator[Postgresql]:
    """A PostgreSQL of this test's own, to be stopped."""
    with start_postgresql() as running:
        yield running


@pytest.fixture
def address(server: Postgresql, trained: Trained) -> str:
    """A database of that server, with the model deployed."""
    address = server.create()
    done = flask("prepare", database=address, registry=trained.registry)
    assert done.returncode == 0, done.stderr
    return address


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test is parametrized with `postgresql` too (`tests.engines.on_both`)."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> str:
    """The address of a database of this test's own, with the model deployed."""
    if engine == "sqlite":
        return f"sqlite:///{request.getfixturevalue('database')}"
    server = request.getfixturevalue("postgresql")
    return str(server.create(request.getfixturevalue("postgresql_prepared")))


@pytest.fixture
def settings(database_url: str, trained: Trained) -> Settings:
    """Settings of this test's own."""
    return replace(
        Settings.from_environment(),
        database_url=database_url,
        mlflow_tracking_uri=f"sqlite:///{trained.registry}",
    )


@pytest.fixture
def app(settings: Settings) -> Flask:
    """An application over this test's database, which waits for the registry where others ask in a thread."""
    app = create_app(settings)
    app.test_client_class = StrictClient
    # why: a thread would outlive the test and its database.
    app.extensions["registry_listing"] = lambda work: work()
    return app


@pytest.fixture
def client(app: Flask) -> StrictClient:
    """A client that refuses HTML with errors."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    return client


@pytest.fixture
def people(app: Flask) -> dict[Role, str]:
    """One person of each role, named for it, and their passwords."""
    passwords = {role: secrets.token_urlsafe(12) for role in Role}
    with app.app_context():
        for role, password in passwords.items():
            people_module.add(f"the {role.value}", role, password, A_TEST)
    return passwords


@pytest.fixture
def officer(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an officer."""
    client.sign_in("the officer", people[Role.OFFICER])
    return client


@pytest.fixture(scope="session")
def service(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real service: gunicorn with two workers, for tests that only ask and add."""
    home = tmp_path_factory.mktemp("service")
    database = home / "creditapp.db"
    shutil.copy(trained.database, database)
    more = {
        "CREDITAPP_UPLOADS": str(home / "uploads"),
        "CREDITAPP_SIGN_IN_LIMIT": "1000 per minute",
    }
    with serve(database, trained.registry, **more) as running:
        yield running
