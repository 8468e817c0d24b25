"""What programs do with a connection: bodies in chunks, several requests at once, lengths that differ."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Service, Trained, environment, serve

BODY = json.dumps(EXAMPLE).encode()
IN_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def request(start: bytes, fields: bytes = b"", body: bytes = b"") -> bytes:
    """A request as it is sent."""
    fields = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\n" + fields
    return start + b" HTTP/1.1\r\n" + fields + b"\r\n" + body


def statuses(service: Service, sent: bytes) -> list[int]:
    """Send all at once, and read the answers until the service closes the connection."""
    address = ("127.0.0.1", int(service.address.rpartition(":")[2]))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(sent)
        came = b"".join(iter(lambda: connection.recv(65_536), b""))
    return list(_statuses(came))


def _statuses(came: bytes) -> Iterator[int]:
    while came:
        head, _, rest = came.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        yield int(lines[0].split()[1])
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        came = rest[int(fields["content-length"]) :]


SCORE, LIVE = b"POST /api/predict", b"GET /api/live"
LAST = request(LIVE, b"Connection: close\r\n")


def test_a_body_in_chunks_is_scored(service: Service) -> None:
    """A program that writes as it goes knows no length."""
    connection = http.client.HTTPConnection(service.address.removeprefix("http://"), timeout=10)
    fields = {"Content-Type": "application/json"}
    chunks = iter([BODY[:20], BODY[20:]])
    connection.request("POST", "/api/predict", chunks, fields, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_requests_that_are_sent_together_are_all_answered(service: Service) -> None:
    """In their order, without a wait for each answer."""
    score, missing = request(SCORE, LENGTH, BODY), request(b"GET /api/nothing")
    assert statuses(service, score + missing + score + LAST) == [200, 404, 200, 200]


@pytest.mark.parametrize("in_chunks", [False, True], ids=["with a length", "in chunks"])
def test_a_body_that_nobody_reads_is_no_request(service: Service, in_chunks: bool) -> None:
    """The next request begins behind it, whatever stands in it."""
    inside = request(LIVE) * 300
    length, body = b"Content-Length: %d\r\n" % len(inside), inside
    if in_chunks:
        length, body = CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(inside), inside)
    unread = request(b"POST /api/nothing", length, body)
    assert statuses(service, unread + LAST) == [404, 200]


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (LENGTH + CHUNKED, IN_CHUNKS),
        (LENGTH + b"Content-Length: 5\r\n", BODY),
        (b"Content-Length: +%d\r\n" % len(BODY), BODY),
        (b"Content-Length: -1\r\n", BODY),
        (CHUNKED + b"Transfer-Encoding: identity\r\n", IN_CHUNKS),
        (b"Transfer-Encoding: \x0bchunked\r\n", IN_CHUNKS),
        (b"Transfer-Encoding\xa0: chunked\r\n", IN_CHUNKS),
        (b"Transfer-Encoding: ,chunked\r\n", IN_CHUNKS),
        (b"Host: evil.example\r\n" + LENGTH, BODY),
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    service: Service, fields: bytes, body: bytes
) -> None:
    """A proxy in front may read it in the other way; what follows it is not answered."""
    [status] = statuses(service, request(SCORE, fields, body) + LAST)
    assert status in (400, 501)


def test_an_address_of_ipv6_is_served_and_checked(trained: Trained, tmp_path: Path) -> None:
    """By the service, and by the health check of its container."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    here = {"CREDITAPP_HOST": "::1"}
    with serve(database, trained.registry, models=-2, **here) as service:
        port = service.address.rpartition(":")[2]
        connection = http.client.HTTPConnection("::1", int(port), timeout=10)
        connection.request("GET", "/api/live")
        assert connection.getresponse().status == 200
        connection.close()
        command = [sys.executable, ROOT / "ops" / "health.py"]
        variables = environment(database, trained.registry, PORT=port, **here)
        assert subprocess.run(command, env=variables, check=False).returncode == 0
