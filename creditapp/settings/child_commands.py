"""How the service runs a `flask` command of its own as a child process, in `paths.ROOT`."""

import os
import sys


def flask_command(*arguments: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def child_environment() -> dict[str, str]:
    """This process's environment, as a child gets it."""
    # why: the service has read .env itself, and a command's metrics are not those of a worker.
    environment = {**os.environ, "FLASK_SKIP_DOTENV": "1"}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return environment
