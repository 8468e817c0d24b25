"""`flask score` over a million rows of CSV and Parquet, a quarter of them recorded, and memory as files grow.

Run it with `python -m tests.benchmarks.files`. Every time is that of the whole command, from its
start to the finished file.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import drawn, results
from tests.benchmarks.batch import spread
from tests.serving import ROOT, environment, flask

ROWS, ROWS_RECORDED = 1_000_000, 250_000
RUNS = 3
COPIES = (1, 3)
ONE, TWO = "CSV, one process", "CSV, two processes"
CASES = {
    ONE: ("million.csv", "--workers=1"),
    TWO: ("million.csv", "--workers=2"),
    "Parquet, one process": ("million.parquet", "--workers=1"),
    "CSV, one process, recorded": ("quarter.csv", "--workers=1", "--record"),
    "the same with references": ("references.csv", "--workers=1", "--record"),
}
"""By name, the file and the options of the command."""


def measure() -> dict[str, Any]:
    """Seconds of runs in turn by case, and peak memory by number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        flask("prepare", database=home / "creditapp.db", registry=home / "mlflow.db")
        make_files(home)
        seconds: dict[str, list[float]] = {name: [] for name in CASES}
        for _ in range(RUNS):
            for name, (file, *options) in CASES.items():
                seconds[name].append(score(home, home / file, *options)[0])
        million, *options = CASES[ONE]
        memory = {ROWS * n: score(home, copies(home / million, n), *options)[1] for n in COPIES}
    return {"seconds": seconds, "peak_memory_mb": memory}


def make_files(folder: Path) -> None:
    """Write all files that are scored."""
    frame = drawn.frame(ROWS)
    frame.to_csv(folder / "million.csv", index=False)
    frame.to_parquet(folder / "million.parquet", index=False)
    recorded = frame.head(ROWS_RECORDED)
    recorded.to_csv(folder / "quarter.csv", index=False)
    drawn.with_references(recorded).to_csv(folder / "references.csv", index=False)


def score(home: Path, file: Path, *options: str) -> tuple[float, float]:
    """The seconds of one command, and the most memory that its own process held, in MB."""
    with tempfile.TemporaryDirectory(dir=home) as place:
        database = Path(shutil.copy(home / "creditapp.db", place))
        out = database.with_name(f"scores{file.suffix}")
        command = ["score", str(file), "--out", str(out), *options]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", *command],
            cwd=ROOT,
            env=environment(database, home / "mlflow.db"),
            stdout=subprocess.DEVNULL,
        )
        memory = 0.0
        while process.poll() is None:
            memory = peak_memory(process.pid) or memory
            time.sleep(0.1)
        if process.returncode:
            raise SystemExit(f"flask {' '.join(command)} ended with {process.returncode}")
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
    seconds = figures["seconds"]
    print(f"{ROWS} rows ({ROWS_RECORDED} recorded), {RUNS} runs in turn: median (least to most)")
    for name, times in seconds.items():
        rates = [(ROWS_RECORDED if "--record" in CASES[name] else ROWS) / one for one in times]
        print(f"{name:<28}{spread(times, 1):>24} s   {spread(rates, 0)} rows/s")
    ratios = [one / two for one, two in zip(seconds[ONE], seconds[TWO], strict=True)]
    print(f"two processes against one: {spread(ratios)} x")
    for rows, memory in figures["peak_memory_mb"].items():
        print(f"{rows:>9} rows in one process: at most {memory:.0f} MB")


if __name__ == "__main__":
    main()
