"""`flask score` over a million rows: one process against two, and the memory it takes as files grow.

Run it with `python -m tests.benchmarks.files`. Every time is that of the whole command, from its
start to the finished file.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import drawn, results
from tests.benchmarks.batch import spread
from tests.serving import ROOT, environment, flask

ROWS = 1_000_000
RUNS = 5
COPIES = (1, 3)


def measure() -> dict[str, Any]:
    """Seconds of alternating runs by number of processes, and peak memory by number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        flask("prepare", database=home / "creditapp.db", registry=home / "mlflow.db")
        file = home / "million.csv"
        drawn.frame(ROWS).to_csv(file, index=False)
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(RUNS):
            for workers, times in seconds.items():
                times.append(score(home, file, workers)[0])
        memory = {ROWS * n: score(home, copies(file, n), 1)[1] for n in COPIES}
    return {"seconds": seconds, "peak_memory_mb": memory}


def score(home: Path, file: Path, workers: int) -> tuple[float, float]:
    """The seconds of one command, and the most memory that its own process held, in MB."""
    out = home / "scores.csv"
    command = ["score", str(file), "--out", str(out), "--workers", str(workers)]
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", *command],
        cwd=ROOT,
        env=environment(home / "creditapp.db", home / "mlflow.db"),
        stdout=subprocess.DEVNULL,
    )
    memory = 0.0
    while process.poll() is None:
        memory = peak_memory(process.pid) or memory
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"flask {' '.join(command)} ended with {process.returncode}")
    out.unlink()
    return time.perf_counter() - started, memory


def peak_memory(pid: int) -> float:
    """The most memory that a process has held by now, in MB; nothing once it is gone."""
    status = Path(f"/proc/{pid}/status").read_text()
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status) or ["0"]
    return int(kilobytes) / 1024


def copies(file: Path, times: int) -> Path:
    """A file with the rows of another so many times."""
    longer = file.with_name(f"{times}.csv")
    with file.open("rb") as source, longer.open("wb") as target:
        head = source.readline()
        target.write(head)
        for _ in range(times):
            source.seek(len(head))
            while block := source.read(1 << 20):
                target.write(block)
    return longer


def main() -> None:
    """Print both."""
    figures = measure()
    results.keep("files", figures)
    one, two = figures["seconds"].values()
    print(f"{ROWS} rows, {RUNS} runs in turn: median (least to most)")
    for workers, times in figures["seconds"].items():
        rates = [ROWS / seconds for seconds in times]
        print(f"{workers} process(es) {spread(times, 1)} s   {spread(rates, 0)} rows/s")
    print(f"two against one: {spread([a / b for a, b in zip(one, two, strict=True)])} x")
    for rows, memory in figures["peak_memory_mb"].items():
        print(f"{rows:>9} rows in one process: at most {memory:.0f} MB")


if __name__ == "__main__":
    main()
