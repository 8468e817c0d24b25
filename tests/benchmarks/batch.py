"""Batches over HTTP beside the fitted pipeline alone on the same rows, and how cost grows with their size.

Run it with `python -m tests.benchmarks.batch`. Each batch is checked, scored, recorded on disk and
counted; the pipeline is called in this process on a frame that is ready, and does none of that.
"""

import http.client
import json
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from tests.benchmarks import drawn, results
from tests.serving import Service, flask, serve

RUNS = 5
BATCHES = 4
LARGEST = 10_000
SIZES = (1, 10, 100, 1_000, 10_000)

Figures = dict[str, list[float]]


def measure() -> dict[str, Any]:
    """Both tables: rows a second in alternating runs, and seconds by size of batch."""
    frame = drawn.frame(LARGEST)
    with service() as running:
        return {"rows_per_second": rates(running, frame), "seconds": by_size(running, frame)}


@contextmanager
def service() -> Iterator[Service]:
    """The service over a fresh database, without a limit to what one client may score."""
    with tempfile.TemporaryDirectory() as folder:
        database, registry = Path(folder, "creditapp.db"), Path(folder, "mlflow.db")
        flask("prepare", database=database, registry=registry)
        limit = {"CREDITAPP_SCORING_LIMIT": "1000000000 per minute"}
        with serve(database, registry, **limit) as running:
            yield running


def rates(service: Service, frame: pd.DataFrame) -> Figures:
    """Rows a second: the pipeline alone, then batches over one connection and over two at once."""
    pipeline = drawn.fitted()
    body = body_of(frame)
    figures: Figures = {"pipeline": [], "one connection": [], "two connections": []}
    for _ in range(RUNS):
        alone = seconds(lambda: pipeline.predict_proba(frame), BATCHES)
        figures["pipeline"].append(LARGEST / alone)
        one = seconds(lambda: send(service, body), BATCHES)
        figures["one connection"].append(LARGEST / one)
        two = seconds(lambda: at_once(service, body, BATCHES), 1)
        figures["two connections"].append(2 * BATCHES * LARGEST / two)
    return figures


def by_size(service: Service, frame: pd.DataFrame) -> dict[int, float]:
    """The median time of a batch over one connection, by its size."""
    return {size: _of_size(service, body_of(frame.head(size))) for size in SIZES}


def _of_size(service: Service, body: bytes) -> float:
    return statistics.median(seconds(lambda: send(service, body), 1) for _ in range(15))


def seconds(work: Callable[[], object], times: int) -> float:
    """The time of one call, of so many in a row."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def body_of(frame: pd.DataFrame) -> bytes:
    """The rows as the body of a batch."""
    return json.dumps({"applications": frame.to_dict("records")}).encode()


def send(service: Service, body: bytes) -> bytes:
    """Post one batch, and read its answer whole."""
    host = urllib.parse.urlsplit(service.address).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/predict-batch", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"a batch was answered with {answer.status}: {content[:500]!r}")
    return content


def at_once(service: Service, body: bytes, times: int) -> None:
    """Two clients, each with so many batches one after the other."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(seconds, lambda: send(service, body), times) for _ in range(2)]:
            done.result()


def spread(values: list[float], digits: int = 2) -> str:
    """The median, and the least and the most."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def main() -> None:
    """Print both tables."""
    figures = measure()
    results.keep("batch", figures)
    alone = figures["rows_per_second"]["pipeline"]
    print(f"batches of {LARGEST} applications, {RUNS} runs in turn: median (least to most)")
    for name, values in figures["rows_per_second"].items():
        ratios = [value / base for value, base in zip(values, alone, strict=True)]
        print(f"{name:<18}{spread(values, 0):>30} rows/s   {spread(ratios)} x")
    for size, time_ in figures["seconds"].items():
        print(f"{size:>7} at once {time_ * 1000:9.2f} ms {time_ / size * 1e6:9.1f} us each")


if __name__ == "__main__":
    main()
