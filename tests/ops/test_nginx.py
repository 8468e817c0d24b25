"""What nginx itself answers, and how it speaks TLS, with the shipped configuration."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from tests.nginx import Front, front
from tests.serving import ROOT, free_port

POLICY = "default-src 'none'; from the service"


class Host(BaseHTTPRequestHandler):
    """A host that answers as the service does: with its own headers."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that nginx may enter, with a certificate for this machine."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        key, certificate = folder / "tls.key", folder / "tls.crt"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        more = ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*command, *more], check=True, capture_output=True)
        key.chmod(0o644)
        yield folder


@pytest.fixture(scope="module")
def away(folder: Path) -> Iterator[Front]:
    """Nginx with TLS in front of a host that is not there."""
    with front([f"127.0.0.1:{free_port()}"], folder, folder) as started:
        yield started


def by_tls(ciphers: str = "") -> ssl.SSLContext:
    """Trust any certificate: it is not what is tested."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context


def ask(port: int, path: str = "/", *, tls: bool = False, host: str = "127.0.0.1") -> HTTPResponse:
    """Ask nginx for a path, and follow nothing."""
    address = ("127.0.0.1", port)
    connection = HTTPSConnection(*address, context=by_tls()) if tls else HTTPConnection(*address)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "127.0.0.1", 503),
        ("/api/health", "127.0.0.1", 503),
        ("/", "another.example", 400),
        ("/" + "x" * 9_000, "127.0.0.1", 414),
    ],
)
def test_its_own_answers_protect_themselves(away: Front, path: str, host: str, status: int) -> None:
    """As those of the service do."""
    answer = ask(away.https, path, tls=True, host=host)
    assert answer.status == status
    assert "frame-ancestors 'none'" in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
    if answer.getheader("Content-Type", "").startswith("text/"):
        assert answer.getheader("Content-Type") == "text/html; charset=utf-8"


def test_trace_is_refused(away: Front) -> None:
    """It would show a page what the browser sends."""
    connection = HTTPConnection("127.0.0.1", away.http)
    connection.request("TRACE", "/", headers={"Host": "127.0.0.1"})
    assert connection.getresponse().status == 405
    connection.close()


def test_it_adds_nothing_to_the_headers_of_the_service(folder: Path) -> None:
    """One policy, not two."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with front([f"127.0.0.1:{server.server_port}"], folder, folder) as started:
            answer = ask(started.https, tls=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer.headers.get_all("Content-Security-Policy") == [POLICY]
    assert answer.getheader("X-Not-Sent") is None


def test_http_leads_people_to_https_and_programs_nowhere(away: Front) -> None:
    """A program whose key went out in the clear must notice."""
    led = ask(away.http, "/decisions?x=1")
    assert (led.status, led.getheader("Location")) == (308, "https://127.0.0.1/decisions?x=1")
    refused = ask(away.http, "/api/model-info")
    assert (refused.status, refused.getheader("Location")) == (403, None)
    assert refused.getheader("Content-Type") == "application/problem+json"


@pytest.mark.parametrize(
    ("ciphers", "spoken"),
    [
        ("ECDHE-RSA-AES256-GCM-SHA384", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", True),
        ("AES256-GCM-SHA384", False),
        ("ECDHE-RSA-AES256-SHA384", False),
    ],
)
def test_only_ciphers_with_forward_secrecy_are_spoken(
    away: Front, ciphers: str, spoken: bool
) -> None:
    """With authenticated encryption, too."""
    plain = socket.create_connection(("127.0.0.1", away.https))
    with by_tls(ciphers).wrap_socket(plain, do_handshake_on_connect=False) as connection:
        if spoken:
            connection.do_handshake()
        else:
            with pytest.raises(ssl.SSLError):
                connection.do_handshake()


@pytest.mark.parametrize(
    ("missing", "variables", "message"),
    [
        ("tls.key", {}, "tls.key is missing, or user"),
        ("tls.crt", {}, "tls.crt is missing, or user"),
        ("", {"TLS": "on"}, "CREDITAPP_TLS must be required or off, not on"),
    ],
)
def test_without_its_certificate_it_does_not_start(
    folder: Path, tmp_path: Path, missing: str, variables: dict[str, str], message: str
) -> None:
    """TLS never fails open: plain http needs a setting that says so."""
    for name in {"tls.key", "tls.crt"} - {missing}:
        shutil.copy(folder / name, tmp_path)
    environment = {
        "PATH": os.environ["PATH"],
        "SERVER_NAME": "credit.example",
        "MAX_BODY_BYTES": "1000000",
        "TLS_FOLDER": str(tmp_path),
        **variables,
    }
    command = [ROOT / "ops/nginx/start"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
