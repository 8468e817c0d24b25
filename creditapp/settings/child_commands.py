"""How the service runs a `flask` command of its own as a child process, in `paths.ROOT`."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from creditapp.settings.paths import ROOT


def run(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it wrote.

    Raises:
        subprocess.TimeoutExpired: it ran for so many seconds, and was killed.
    """
    return subprocess.run(
        flask_command(*arguments),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def flask_command(*arguments: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def child_environment() -> dict[str, str]:
    """This process's environment, as a child gets it."""
    # why: the service has read .env itself, and a command's metrics are not those of a worker.
    environment = {**os.environ, "FLASK_SKIP_DOTENV": "1"}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return environment
