"""Requests a second of `POST /api/predict` without a challenger, and with one for some or all decisions.

Run it with `python -m tests.benchmarks.challenger` (needs wrk).
"""

import shutil
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.throughput import Side, creditapp, measure, prepare, show
from tests.serving import flask

SHARES = ("0.2", "1")


def challenged(home: Path, share: str) -> Path:
    """A copy of the prepared place, where version 2 is the challenger for a share of the decisions."""
    place = home / f"share-{share}"
    place.mkdir()
    database = Path(shutil.copy(home / "creditapp.db", place))
    command = ["challenge", "2", "--share", share, "--reason", "to measure"]
    done = flask(*command, database=database, registry=home / "mlflow.db")
    if done.returncode:
        raise SystemExit(done.stderr)
    return place


def main() -> None:
    """Measure, print the table, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        script = prepare(home)
        flask(
            "train",
            "--without-protected",
            database=home / "creditapp.db",
            registry=home / "mlflow.db",
        )
        sides: dict[str, Side] = {"without a challenger": partial(creditapp, home, "FULL")}
        for share in SHARES:
            place = challenged(home, share)
            shutil.copy(home / "mlflow.db", place)
            sides[f"one for {share} of decisions"] = partial(creditapp, place, "FULL")
        figures = measure(sides, script)
    results.keep("challenger", figures)
    show(figures, "without a challenger")


if __name__ == "__main__":
    main()
