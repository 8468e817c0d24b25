"""The line that nginx writes for each request, and the id that joins it with the answer and the service."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest

from tests.nginx import Front, front
from tests.serving import free_port, wait_until

CONNECTIONS = 512
"""How many one address may have."""

OWN_ID = re.compile(r"[0-9a-f]{32}")


class Host(BaseHTTPRequestHandler):
    """A host that takes its time, and answers with the id that it was given."""

    def do_GET(self) -> None:
        """Answer after half a second, or break off where `/broken` is asked for."""
        time.sleep(0.5)
        if self.path == "/api/broken":
            return
        self.send_response(404 if "nothing" in self.path else 200)
        self.send_header("X-Request-ID", self.headers["X-Request-ID"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that nginx may enter."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def before(folder: Path) -> Iterator[Front]:
    """Nginx before a host."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with front([f"127.0.0.1:{server.server_port}"], folder) as started:
            yield started
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(
    started: Front, path: str, body: str | None = None, **headers: str
) -> tuple[HTTPResponse, str]:
    """Ask nginx; the answer and its body."""
    with closing(HTTPConnection("127.0.0.1", started.http)) as connection:
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, headers={"Host": "127.0.0.1", **headers})
        answer = connection.getresponse()
        return answer, answer.read().decode()


def line_of(started: Front, request_id: str | None) -> dict[str, Any]:
    """The line with an id; it is written once the request has ended."""

    def found() -> list[dict[str, Any]]:
        lines = map(json.loads, started.log.read_text().splitlines())
        return [line for line in lines if line["request_id"] == request_id]

    wait_until(found, 5, started.log.read_text)
    [line] = found()
    return line


def test_a_line_says_what_the_client_waited_for(before: Front) -> None:
    """And how much of that nginx waited for the host."""
    answer, _ = ask(before, "/decisions?reference=Lovelace", **{"X-Request-ID": "slow"})
    line = line_of(before, answer.getheader("X-Request-ID"))
    assert {key: line[key] for key in ("method", "path", "status")} == {
        "method": "GET",
        "path": "/decisions",
        "status": 200,
    }
    # why: nginx reads its clock once a turn of its loop, so each of the two may be some milliseconds off.
    waited = float(line["upstream_seconds"])
    assert waited >= 0.49
    assert line["seconds"] >= waited - 0.01
    assert float(line["upstream_connect_seconds"]) <= float(line["upstream_header_seconds"])
    assert (line["upstream_status"], line["bytes"] > 50) == ("200", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+Z].*", line["asctime"])


def test_no_line_holds_what_a_client_looked_for(before: Front) -> None:
    """No query, no address, and no path that leads nowhere."""
    ask(before, "/decisions?reference=Lovelace", **{"X-Request-ID": "query"})
    ask(before, "/nothing/Lovelace", **{"X-Request-ID": "nothing"})
    assert line_of(before, "query")["path"] == "/decisions"
    assert line_of(before, "nothing")["path"] == "unknown"
    text = before.log.read_text()
    assert "Lovelace" not in text
    assert '"127.0.0.1"' not in text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("mine-1.a_B", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)],
)
def test_a_request_has_one_id_everywhere(before: Front, sent: str, kept: bool) -> None:
    """The client's if it is valid, else nginx's: in the answer of the host, and in the line."""
    answer, _ = ask(before, "/", **{"X-Request-ID": sent} if sent else {})
    [answered] = answer.headers.get_all("X-Request-ID")
    assert answered == sent if kept else OWN_ID.fullmatch(answered)
    assert line_of(before, answered)["upstream_status"] == "200"


def check_own_answer(
    started: Front, answer: HTTPResponse, body: str, status: int
) -> dict[str, Any]:
    """One id in the header, the body and the line; the line."""
    [answered] = answer.headers.get_all("X-Request-ID")
    assert answer.status == status
    if answer.getheader("Content-Type", "").startswith("application/problem+json"):
        problem = json.loads(body)
        assert (problem["status"], problem["request_id"]) == (status, answered)
    else:
        assert answered in body
    line = line_of(started, answered)
    assert line["status"] == status
    return line


@pytest.mark.parametrize("path", ["/api/predict", "/decisions"])
def test_a_host_that_is_away_is_a_503_with_an_id(folder: Path, path: str) -> None:
    """Nginx gives it by itself, so its line is the only one."""
    with front([f"127.0.0.1:{free_port()}"], folder) as away:
        line = check_own_answer(away, *ask(away, path), 503)
        sent = {"X-Request-ID": f"mine{path.replace('/', '-')}"}
        named = check_own_answer(away, *ask(away, path, **sent), 503)
    assert (line["path"], line["upstream_status"]) == (path, "502")
    assert named["request_id"] == sent["X-Request-ID"]


def test_a_host_that_breaks_off_is_a_503_with_an_id(before: Front) -> None:
    """What it waited for is in the line."""
    line = check_own_answer(before, *ask(before, "/api/broken"), 503)
    assert float(line["upstream_seconds"]) >= 0.5


@pytest.mark.parametrize("path", ["/api/predict", "/"])
def test_a_body_that_is_too_large_is_a_413_with_an_id(before: Front, path: str) -> None:
    """For programs and people."""
    check_own_answer(before, *ask(before, path, "", **{"Content-Length": "99999999"}), 413)


@pytest.mark.parametrize("path", ["/api/predict", "/"])
@pytest.mark.parametrize("wrong", ["Host: twice", "Content-Length: many", "no colon"])
def test_a_request_that_cannot_be_read_is_a_400_with_an_id(
    before: Front, path: str, wrong: str
) -> None:
    """As a problem document where a program asks, and with nothing of what it sent in the line."""
    with socket.create_connection(("127.0.0.1", before.http)) as connection:
        text = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{wrong}\r\n\r\n"
        connection.sendall(text.encode())
        answer = HTTPResponse(connection)
        answer.begin()
        body = answer.read().decode()
    kind = "application/problem+json" if path.startswith("/api/") else "text/html; charset=utf-8"
    assert answer.getheader("Content-Type") == kind
    assert check_own_answer(before, answer, body, 400)["path"] == "unknown"


@pytest.mark.parametrize("path", ["/api/predict", "/"])
def test_another_name_is_a_400_with_an_id(before: Front, path: str) -> None:
    """The default server's."""
    check_own_answer(before, *ask(before, path, Host="another.example"), 400)


@contextmanager
def held(port: int, number: int) -> Iterator[None]:
    """So many requests that have begun and do not end."""
    begun = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
    with ExitStack() as opened:
        for _ in range(number):
            one = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(begun)
        yield


@pytest.mark.parametrize("path", ["/api/predict", "/"])
def test_too_many_connections_are_a_429_with_an_id(before: Front, path: str) -> None:
    """From one address."""
    with held(before.http, CONNECTIONS):
        # why: nginx takes the connections one after the other.
        wait_until(lambda: ask(before, path)[0].status == 429, 20)
        check_own_answer(before, *ask(before, path), 429)


def test_lines_go_to_syslog_where_there_is_no_standard_output(folder: Path) -> None:
    """Under systemd the standard output is a socket, which nobody can open."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(str(folder / "log"))
        (folder / "log").chmod(0o666)
        syslog.settimeout(5)
        place = f"syslog:server=unix:{folder}/log,nohostname"
        with front([f"127.0.0.1:{free_port()}"], folder, ACCESS_LOG=place) as away:
            ask(away, "/api/live", **{"X-Request-ID": "by-syslog"})
            line = json.loads(syslog.recv(4000).decode().partition("nginx: ")[2])
    assert (line["request_id"], line["status"]) == ("by-syslog", 503)
