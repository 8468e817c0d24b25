"""Starts a real nginx with the shipped configuration in front of services."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tests.serving import ROOT, Service, free_port, send, wait_until


@contextmanager
def nginx(services: Sequence[Service], folder: Path, prefix: str = "") -> Iterator[Service]:
    """Serve by HTTP in front of services for the length of the block, below a prefix if there is one."""
    upstreams = [one.address.removeprefix("http://") for one in services]
    with front(upstreams, folder, PREFIX=prefix) as started:
        address = f"http://127.0.0.1:{started.http}"
        yield replace(services[0], address=address, process=started.process, log=started.log)


@dataclass(frozen=True)
class Front:
    """A running nginx and its ports."""

    http: int
    https: int
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def front(
    upstreams: Sequence[str], folder: Path, tls: Path | None = None, **more: str
) -> Iterator[Front]:
    """Start nginx in front of these hosts; `tls` holds the certificate, if it serves https."""
    http, https, health = free_port(), free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "SERVER_NAME": "127.0.0.1",
        "UPSTREAMS": ",".join(upstreams),
        "MAX_BODY_BYTES": "16777216",
        "TLS": "required" if tls else "off",
        "TLS_FOLDER": str(tls),
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "HEALTH_PORT": str(health),
        **more,
    }
    log = folder / "nginx.log"
    with log.open("ab") as output:
        log.chmod(0o666)  # nginx opens its standard output once more
        command = [*_as_nobody(), str(ROOT / "ops" / "nginx" / "start")]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: _is_up(health), 10, log.read_text)
        yield Front(http, https, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _as_nobody() -> list[str]:
    """As root, nginx would change the user of its workers, who then cannot write its folder."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def _is_up(port: int) -> bool:
    with suppress(OSError):
        return send(f"http://127.0.0.1:{port}/healthy").status == 204
    return False
