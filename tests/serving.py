"""Starts the real commands and the real service, on this machine alone."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import commands

ROOT = Path(__file__).resolve().parent.parent


Place = Path | str
"""A file of SQLite, or any address."""


def address_of(place: Place) -> str:
    """The address of a database."""
    return f"sqlite:///{place}" if isinstance(place, Path) else place


def environment(database: Place, registry: Place, **more: str) -> dict[str, str]:
    """The environment of a command over one database and one registry."""
    return {
        **os.environ,
        "FLASK_APP": "wsgi",
        "DATABASE_URL": address_of(database),
        "MLFLOW_TRACKING_URI": address_of(registry),
        **more,
    }


def flask(
    *arguments: str, database: Place, registry: Place, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a `flask` command as a person would."""
    return commands.run(arguments, environment(database, registry, **more), seconds=300)


@dataclass(frozen=True)
class Trained:
    """What `flask prepare` left behind: a database with a deployment and an admin, and a registry."""

    database: Path
    registry: Path
    admin_password: str


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A running gunicorn."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, key: str = "") -> Answer:
        """Ask for a path."""
        return send(urllib.request.Request(self.address + path, headers=_authorization(key)))

    def post(self, path: str, value: object = None, key: str = "", once: str = "") -> Answer:
        """Send JSON to a path; `once` is its `Idempotency-Key`."""
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Content-Type": "application/json", **_authorization(key)}
        if once:
            headers["Idempotency-Key"] = once
        return send(urllib.request.Request(self.address + path, body, headers, method="POST"))

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]


class Browser:
    """Keeps one session cookie, as a browser behind a proxy with TLS would, and follows nothing."""

    def __init__(self, service: Service) -> None:
        self._address = service.address
        self._cookie = ""

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._send(path, None)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form."""
        return self._send(path, urllib.parse.urlencode(form).encode())

    def _send(self, path: str, body: bytes | None) -> Answer:
        headers = {"Cookie": self._cookie, "Referer": self._address}
        answer = send(urllib.request.Request(self._address + path, body, headers))
        if "Set-Cookie" in answer.headers:
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer


class _ShowingRedirects(urllib.request.HTTPRedirectHandler):
    """Shows redirects instead of following them."""

    def redirect_request(self, *args: Any) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_ShowingRedirects)


def send(request: urllib.request.Request | str) -> Answer:
    """Send a request; whatever the status, it is an answer, and no answer is an OSError."""
    try:
        with _opener.open(request, timeout=120) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())
    except http.client.HTTPException as error:
        raise ConnectionError("the answer was cut") from error


def _authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


@contextmanager
def serve(  # noqa: PLR0913 (each says how to serve)
    database: Place,
    registry: Place,
    *,
    models: int = 2,
    log: Path | None = None,
    port: int = 0,
    code: Path = ROOT,
    python: str = sys.executable,
    **more: str,
) -> Iterator[Service]:
    """Run gunicorn with two workers for the length of the block, once so many models are loaded.

    `code` is the project's folder; another one holds another version. `python` may be that of another
    environment. A negative number of models waits for the log to say so, where nobody may read the metrics.
    Without a port, it serves at a free one.
    """
    port = port or free_port()
    log = log or Path(database).with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [python, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"],
            cwd=code,
            env=environment(database, registry, PORT=str(port), **more),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    service = Service(f"http://127.0.0.1:{port}", process, log)
    try:
        wait_until(lambda: _models(service, models < 0) == abs(models), 180, log.read_text)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def wait_until(condition: Any, seconds: float, explain: Any = str) -> None:
    """Wait for a condition, and say what was the case where it did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come within {seconds} s: {explain()}")
        time.sleep(0.05)


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _models(service: Service, from_log: bool) -> int:
    """How many workers have a model; none are there before the service answers."""
    if from_log:
        return service.log.read_text().count("serving models:/")
    try:
        lines = service.get("/metrics").body.decode().splitlines()
    except OSError:
        return -1
    name = "active_models_total "
    return sum(int(float(line.removeprefix(name))) for line in lines if line.startswith(name))
