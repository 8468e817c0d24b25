"""A real MLflow tracking server with an artifact store of its own, to be stopped and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import free_port, send, wait_until


class TrackingServer:
    """The server at one address over one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self._folder / 'tracking.db'}"]
        command += ["--artifacts-destination", str(self._folder / "artifacts")]
        log = self._folder / "tracking.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._answers, 60, log.read_text)

    def stop(self) -> None:
        """End it and all its workers without a word."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Start it again where it was stopped."""
        if self._process is None:
            self.start()

    def bundle(self, version: str) -> Path:
        """The file of a version's bundle, in the order in which they were registered."""
        found = self._folder.glob("artifacts/**/served_bundle/bundle.zip")
        return sorted(found, key=lambda file: file.stat().st_mtime)[int(version) - 1]

    def _answers(self) -> bool:
        try:
            return send(self.address + "/health").status == 200
        except OSError:
            return False


@contextmanager
def tracking_server(folder: Path) -> Iterator[TrackingServer]:
    """A server for the length of the block."""
    server = TrackingServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
