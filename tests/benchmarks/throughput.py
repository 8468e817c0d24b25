"""Requests a second of `POST /api/predict` beside a bare echo route and the obvious design, in turn.

Run it with `make bench` (needs wrk, a Debian package); `build/bench/` keeps every run.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks import results
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql, postgresql
from tests.serving import ROOT, Place, flask, free_port, send, serve, wait_until

ROUNDS = 5
SECONDS = 2
CONNECTIONS = 16
WORKERS = (1, 2, 4)
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}

Side = Callable[[], AbstractContextManager[str]]
Figures = dict[str, dict[str, list[float]]]


def load(address: str, script: Path, connections: int) -> dict[str, float]:
    """Requests a second, and the median and the 99th percentile in milliseconds, as wrk counts them."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"{address}/api/predict"], capture_output=True, text=True, check=True
    )
    if "Non-2xx" in done.stdout:
        raise SystemExit(f"not every answer was a prediction:\n{done.stdout}")
    [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)
    found = dict(re.findall(r"(50|99)%\s+([\d.]+[mu]?s)", done.stdout))
    return {
        "rate": float(rate),
        "p50": _milliseconds(found["50"]),
        "p99": _milliseconds(found["99"]),
    }


def _milliseconds(text: str) -> float:
    unit = text.lstrip("0123456789.")
    return float(text.removesuffix(unit)) * UNITS[unit]


@contextmanager
def yardstick(application: str, **more: str) -> Iterator[str]:
    """Another application under the same gunicorn, with as many workers and threads."""
    port = free_port()
    arguments = ["-c", "tests/benchmarks/yardstick.conf.py", f"-b127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *arguments, application],
        cwd=ROOT,
        env={**os.environ, **more},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(address), 60)
        time.sleep(3)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def creditapp(
    home: Path, synchronous: str, workers: int = 2, python: str = sys.executable
) -> Iterator[str]:
    """The service over a copy of the prepared database."""
    folder = tempfile.mkdtemp(dir=home)  # a log of another's writes must not lie beside the copy
    database = Path(shutil.copy(home / "creditapp.db", folder))
    durability = {"CREDITAPP_SQLITE_SYNCHRONOUS": synchronous}
    with served(database, home, workers, python, **durability) as address:
        yield address


@contextmanager
def creditapp_on_postgresql(home: Path, server: Postgresql) -> Iterator[str]:
    """The service over a database of a server on this machine, which takes of its processors too."""
    database = server.create()
    flask("prepare", database=database, registry=home / "mlflow.db")
    with served(database, home, 2) as address:
        yield address


@contextmanager
def served(
    database: Place, home: Path, workers: int, python: str = sys.executable, **more: str
) -> Iterator[str]:
    """The service, without a limit to what one client may score."""
    unlimited = {
        "CREDITAPP_SCORING_LIMIT": "100000000 per minute",
        "CREDITAPP_WORKERS": str(workers),
    }
    log = Path(tempfile.mkdtemp(dir=home)) / "log"
    registry = home / "mlflow.db"
    given = {**unlimited, **more}
    with serve(database, registry, models=workers, log=log, python=python, **given) as service:
        yield service.address


def answers(address: str) -> bool:
    """Whether the yardstick is up."""
    try:
        return send(address + "/api/live").status == 200
    except OSError:
        return False


def measure(sides: dict[str, Side], script: Path) -> Figures:
    """All sides in turn, several times; of each also the median latency over one connection.

    All are up all the while, and the first round, in which they warm up, does not count.
    """
    figures: Figures = {name: {"rate": [], "p50": [], "p99": [], "alone": []} for name in sides}
    with ExitStack() as running:
        addresses = {name: running.enter_context(side()) for name, side in sides.items()}
        for round_ in range(ROUNDS + 1):
            for name, address in addresses.items():
                found = load(address, script, CONNECTIONS)
                found["alone"] = load(address, script, 1)["p50"]
                for key, value in found.items() if round_ else ():
                    figures[name][key].append(value)
    return figures


def show(figures: Figures, yardstick_: str) -> None:
    """A line for each side: medians, and ratios with the least and the most of the runs."""
    base = figures[yardstick_]
    print(
        f"{CONNECTIONS} connections, {ROUNDS} runs in turn: medians; "
        f"ratios to the {yardstick_} (least to most)"
    )
    for name, runs in figures.items():
        ratios = [mine / its for mine, its in zip(runs["rate"], base["rate"], strict=True)]
        alone = [mine / its for mine, its in zip(runs["alone"], base["alone"], strict=True)]
        print(
            f"{name:<26}{statistics.median(runs['rate']):7.0f} requests/s  {spread(ratios)}"
            f"  P50 {statistics.median(runs['p50']):6.1f} ms  P99 {statistics.median(runs['p99']):6.1f} ms"
            f"  one connection {statistics.median(runs['alone']):6.2f} ms  {spread(alone)}"
        )


def spread(ratios: list[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(ratios):.3f} x ({min(ratios):.3f} to {max(ratios):.3f})"


def prepare(home: Path) -> Path:
    """A database with a model, and wrk's script that sends the documentation's example."""
    flask("prepare", database=home / "creditapp.db", registry=home / "mlflow.db")
    script = home / "predict.lua"
    script.write_text(
        'wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
        f"wrk.body=[[{json.dumps(EXAMPLE)}]]\n"
    )
    return script


def main() -> None:
    """Measure, print the table, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        home = Path(folder)
        script = prepare(home)
        sides: dict[str, Side] = {
            "bare echo route": partial(yardstick, "tests.benchmarks.echo:app"),
            "creditapp, FULL": partial(creditapp, home, "FULL"),
            "creditapp, NORMAL": partial(creditapp, home, "NORMAL"),
            "creditapp, PostgreSQL": partial(creditapp_on_postgresql, home, server),
            "obvious design, n_jobs=1": partial(
                yardstick, "tests.benchmarks.obvious:app", N_JOBS="1"
            ),
            "obvious design, n_jobs=-1": partial(
                yardstick, "tests.benchmarks.obvious:app", N_JOBS="-1"
            ),
        }
        figures = measure(sides, script)
        by_workers = measure(
            {f"{n} workers": partial(creditapp, home, "FULL", n) for n in WORKERS}, script
        )
    results.keep("throughput", {**figures, **by_workers})
    show(figures, "bare echo route")
    show(by_workers, f"{WORKERS[0]} workers")


if __name__ == "__main__":
    main()
