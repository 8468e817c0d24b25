"""What does not show in requests a second: a start, a worker's memory, a command.

Run it with `python -m tests.benchmarks.costs`. Each time is measured in turn with its yardstick.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.batch import seconds, spread
from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Service, environment, flask, serve

RUNS = 7
REQUESTS = 500

Pair = tuple[float, float]


def main() -> None:
    """Measure all of it, keep the figures and print them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database, registry = home / "creditapp.db", home / "mlflow.db"
        flask("prepare", database=database, registry=registry)
        figures = {
            "s to the first answer, MB of a worker": [
                start(database, registry) for _ in range(RUNS)
            ],
            "s of flask --help, times import flask": commands(database, registry),
        }
    results.keep("costs", figures)
    for name, measured in figures.items():
        first, second = zip(*measured, strict=True)
        print(f"{name:<66}{spread(first, 3):>26}{spread(second, 3):>26}")


def start(database: Path, registry: Path) -> Pair:
    """The seconds until both workers are ready and one has answered; then a worker's memory in MB."""
    started = time.perf_counter()
    with serve(database, registry) as service:
        assert service.post("/api/predict", EXAMPLE).status == 200
        took = time.perf_counter() - started
        for _ in range(REQUESTS):
            service.post("/api/predict", EXAMPLE)
        return took, memory(service)


def memory(service: Service) -> float:
    """The proportional set size of a worker, in MB: what is shared counts for each of those who share it."""
    sizes = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in service.workers()]
    found = [int(re.findall(r"^Pss:\s+(\d+) kB", size, re.MULTILINE)[0]) / 1024 for size in sizes]
    return statistics.mean(found)


def commands(database: Path, registry: Path) -> list[Pair]:
    """The seconds of `flask --help`, and how often it takes as long as Flask's own import, in turn."""
    ours = [sys.executable, "-m", "flask", "--help"]
    bare = [sys.executable, "-c", "import flask"]
    times = [(run(ours, database, registry), run(bare, database, registry)) for _ in range(RUNS)]
    return [(mine, mine / its) for mine, its in times]


def run(command: list[str], database: Path, registry: Path) -> float:
    """The seconds of a whole command."""
    given = {"cwd": ROOT, "env": environment(database, registry), "stdout": subprocess.DEVNULL}
    return seconds(lambda: subprocess.run(command, check=True, **given), 1)


if __name__ == "__main__":
    main()
