"""Runs `flask` commands in processes of their own that have loaded the libraries already.

Loading them costs a command several seconds, and all else it does costs less than one. So a server process
loads them once, and is forked for each command.
"""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from flask.cli import main

from creditapp.settings.paths import ROOT

PRELOADED = (
    "creditapp.factory",
    "creditapp.serving.registry",
    "tests.commands",
    "training.run",
    "training.validate",
)
"""None of them reads the environment while it is imported; `wsgi` does, so each command imports it."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(PRELOADED))


def run(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `flask` with arguments in an environment, as `child_commands.run` does.

    Raises:
        subprocess.TimeoutExpired: it ran for so many seconds, and was killed.
    """
    with tempfile.TemporaryDirectory(prefix="creditapp-command-") as name:
        out, err = Path(name) / "out", Path(name) / "err"
        process = _context.Process(
            target=_command, args=(arguments, environment, out, err), name="flask"
        )
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), seconds, out.read_text())
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def _command(
    arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path
) -> None:
    # why: nothing is cleared, as what is preloaded sets variables for MLflow.
    os.environ.update(environment)
    os.chdir(ROOT)
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["flask", *arguments]
    try:
        main()
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    # why: a process of multiprocessing ends at once; a command closes what it opened, as its database.
    ctypes.pythonapi.Py_Exit(code)
