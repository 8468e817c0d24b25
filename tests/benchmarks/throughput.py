"""Requests a second of `POST /api/predict`: the service beside the obvious design, in turn.

Run it with `make bench` (needs wrk, a Debian package). Every figure is given as a ratio too.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from creditapp.features import EXAMPLE
from tests.serving import ROOT, flask, free_port, send, serve, wait_until

ROUNDS = 3
SECONDS = 8
CONNECTIONS = 8


def load(address: str, script: Path) -> tuple[float, float]:
    """Requests a second and the 99th percentile in milliseconds, as wrk counts them."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"{address}/api/predict"], capture_output=True, text=True, check=True
    )
    if "Non-2xx" in done.stdout:
        raise SystemExit(f"not every answer was a prediction:\n{done.stdout}")
    [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)
    [(slowest, unit)] = re.findall(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    return float(rate), float(slowest) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextmanager
def obvious(n_jobs: str) -> Iterator[str]:
    """The yardstick under the same gunicorn, with as many workers and threads."""
    port = free_port()
    arguments = ["-w2", "--threads=4", "-kgthread", f"-b127.0.0.1:{port}", "--no-control-socket"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *arguments, "tests.benchmarks.obvious:app"],
        cwd=ROOT,
        env={**os.environ, "N_JOBS": n_jobs},
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


def answers(address: str) -> bool:
    """Whether the yardstick is up."""
    try:
        return send(address + "/api/live").status == 200
    except OSError:
        return False


def main() -> None:
    """Measure all three in turn, several times, and print medians and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database, registry = home / "creditapp.db", home / "mlflow.db"
        flask("prepare", database=database, registry=registry)
        script = home / "predict.lua"
        body = json.dumps(EXAMPLE)
        script.write_text(
            'wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
            f"wrk.body=[[{body}]]\n"
        )
        figures: dict[str, list[tuple[float, float]]] = {}
        unlimited = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}
        for _ in range(ROUNDS):
            with serve(database, registry, **unlimited) as service:
                figures.setdefault("creditapp", []).append(load(service.address, script))
            for n_jobs in ("1", "-1"):
                with obvious(n_jobs) as address:
                    figures.setdefault(f"obvious, n_jobs={n_jobs}", []).append(
                        load(address, script)
                    )
    base = statistics.median(rate for rate, _ in figures["creditapp"])
    for name, rounds in figures.items():
        rate = statistics.median(rate for rate, _ in rounds)
        slowest = statistics.median(slow for _, slow in rounds)
        print(f"{name:<24}{rate:8.0f} requests/s   P99 {slowest:7.1f} ms   {base / rate:6.1f} x")


if __name__ == "__main__":
    main()
