"""A real provider of OpenID Connect as a process of its own, and one that answers nonsense."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import free_port, send, wait_until

ROLES = ("risk=analyst", "desk=officer", "heads=admin")


@contextmanager
def provider() -> Iterator[str]:
    """Start the provider for the length of the block; its issuer."""
    port = free_port()
    command = ["oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port), "--require-nonce"]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(issuer), 20)
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=10)


def put_user(issuer: str, subject: str, **claims: object) -> None:
    """Give the provider a person with some claims."""
    import urllib.request

    request = urllib.request.Request(
        f"{issuer}/users/{subject}",
        json.dumps(claims).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    assert send(request).status == 204


@contextmanager
def nonsense(answer: bytes) -> Iterator[str]:
    """A server that answers every request with the same bytes as JSON."""

    class Handler(BaseHTTPRequestHandler):
        """Answers alike to all."""

        def do_GET(self) -> None:
            """Answer."""
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answers(issuer: str) -> bool:
    try:
        return send(f"{issuer}/.well-known/openid-configuration").status == 200
    except OSError:
        return False
