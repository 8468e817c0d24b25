"""Requests a second under this Python and others, in turn: `python -m tests.benchmarks.pythons PYTHON ...`.

Each PYTHON is that of an environment with `requirements/serve.txt`. Needs wrk.
"""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.throughput import Side, creditapp, measure, prepare, show


def main(others: list[str]) -> None:
    """Measure, print the table, and keep the figures; the ratios are to the Python that runs this."""
    if not others:
        raise SystemExit("name at least one other Python to compare with")
    pythons = {version(python): python for python in (sys.executable, *others)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        script = prepare(home)
        sides: dict[str, Side] = {
            name: partial(creditapp, home, "NORMAL", python=python)
            for name, python in pythons.items()
        }
        figures = measure(sides, script)
    results.keep("pythons", figures)
    show(figures, next(iter(figures)))


def version(python: str) -> str:
    """What it calls itself."""
    told = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
