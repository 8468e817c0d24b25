"""Starts a real PostgreSQL of the tests' own, on this machine alone."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from tests.serving import free_port, wait_until

PROGRAMS = "/usr/lib/postgresql/*/bin"


@dataclass
class Postgresql:
    """A running server, and its superuser's password."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement, by itself; the rows that it gives."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template1") -> str:
        """Make a database with a new name, as a copy; its address."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_as_its_user(), _program("postgres"), "-D", self.folder / "data", *arguments],
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, 30, (self.folder / "log").read_text)

    def stop(self, how: str = "INT") -> None:
        """End all connections, and stop; what was committed stays. `QUIT` is at once, as in a crash."""
        if self.process:
            subprocess.run(["kill", f"-{how}", str(self._master())], check=True)
            self.process.wait(timeout=30)
            self.process = None

    def kill(self) -> None:
        """End all of its processes at once, without a word to any of them."""
        for process in self._processes():
            process.kill()
        if self.process:
            self.process.wait(timeout=30)
            self.process = None

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let none of its processes do anything for the length of the block; connections stay open."""
        processes = self._processes()
        try:
            for process in processes:
                process.suspend()
            yield
        finally:
            for process in processes:
                process.resume()

    def _processes(self) -> list[psutil.Process]:
        """The master first: it would start others in place of those that do not answer."""
        master = psutil.Process(self._master())
        return [master, *master.children()]

    def _master(self) -> int:
        # The server is the child of whatever changed the user for it.
        return int((self.folder / "data/postmaster.pid").read_text().splitlines()[0])

    def _answers(self) -> bool:
        try:
            return bool(self.run("SELECT 1"))
        except psycopg.OperationalError:
            return False


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """A server with nothing in it, for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="creditapp-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = Postgresql(folder, free_port(), secrets.token_hex(16))
    try:
        _initialise(server)
        server.start()
        yield server
    finally:
        # why: its files are deleted, and would be written to the disk first, for minutes after many tests.
        server.stop("QUIT")
        shutil.rmtree(folder)


def _initialise(server: Postgresql) -> None:
    password = server.folder / "password"
    password.write_text(server.password)
    if os.geteuid() == 0:
        shutil.chown(password, "postgres")
    options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
    command = [*_as_its_user(), _program("initdb"), "-D", server.folder / "data", *options]
    subprocess.run(
        [*command, "--encoding=UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        cwd=server.folder,
    )


def _program(name: str) -> str:
    folders = sorted(Path("/").glob(f"{PROGRAMS[1:]}/{name}"))
    return str(folders[-1]) if folders else name


def _as_its_user() -> list[str]:
    """PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
