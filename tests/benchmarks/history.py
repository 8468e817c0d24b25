"""Adds a line to the history in docs/performance.md: `python -m tests.benchmarks.history`.

The line has the date, the commit, and the main ratios of the benchmarks that `build/bench/` holds.
"""

import json
import statistics
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.files import ONE, TWO
from tests.benchmarks.results import FOLDER
from tests.serving import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
END = "<!-- end of the history -->"
ECHO = "bare echo route"


def main() -> None:
    """Write the line in front of the mark that ends the table."""
    DOCUMENT.write_text(add_line(DOCUMENT.read_text(), line()))


def add_line(document: str, line: str) -> str:
    """The document with one more line at the end of its table."""
    before, mark, after = document.partition(END)
    if not mark:
        raise SystemExit(
            f"{DOCUMENT.name} has no line {END}: put it after the table of the history"
        )
    return f"{before.rstrip()}\n{line}\n\n{mark}{after}"


def line() -> str:
    """The ratios of the last run, in the order of the table's columns."""
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True)
    requests, batch = _kept("throughput"), _kept("batch").get("rows_per_second", {})
    files, growth = _kept("files").get("seconds", {}), _kept("growth-sqlite")
    cells = [
        f"{datetime.now(UTC):%Y-%m-%d}",
        commit.strip(),
        _rates(requests, "creditapp, FULL"),
        _rates(requests, "creditapp, NORMAL"),
        _ratio(batch.get("one connection"), batch.get("pipeline")),
        _ratio(batch.get("two connections"), batch.get("pipeline")),
        _ratio(files.get(ONE), files.get(TWO)),
        *(_grown(growth, name) for name in ("list", "search: a reference", "queue", "workbench")),
    ]
    return f"| {' | '.join(cells)} |"


def _kept(name: str) -> dict[str, Any]:
    """The figures of a benchmark; nothing where it has not run."""
    file = Path(FOLDER, f"{name}.json")
    figures: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return figures


def _rates(requests: dict[str, Any], name: str) -> str:
    return _ratio(requests.get(name, {}).get("rate"), requests.get(ECHO, {}).get("rate"))


def _grown(growth: dict[str, Any], name: str) -> str:
    """The ratio of processor time, many decisions against few."""
    if name not in growth:
        return "–"
    (few, _), (many, _) = growth[name]
    return f"{many / few:.2f}"


def _ratio(ours: Sequence[float] | None, theirs: Sequence[float] | None) -> str:
    """The median of the ratios within each run."""
    if not ours or not theirs:
        return "–"
    return f"{statistics.median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}"


if __name__ == "__main__":
    main()
