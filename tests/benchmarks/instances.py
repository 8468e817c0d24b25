"""Requests a second of one and of two instances over one database on PostgreSQL, in turn.

Run it with `python -m tests.benchmarks.instances`; it needs wrk. Each instance has one worker. Client,
database and instances share the processors of this machine: on two, a second instance has none of its own.
"""

import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.throughput import CONNECTIONS, ROUNDS, load, prepare, served, spread
from tests.postgresql import postgresql
from tests.serving import flask


def main() -> None:
    """Measure, print the rates and their ratio, and keep the figures."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        home = Path(folder)
        script = prepare(home)
        database = server.create()
        flask("prepare", database=database, registry=home / "mlflow.db")
        with served(database, home, 1) as first, served(database, home, 1) as second:
            for round_ in range(ROUNDS + 1):
                for number, found in rates.items():
                    rate = load_together([first, second][:number], script)
                    if round_:  # in the first round the services warm up
                        found.append(rate)
    results.keep("instances", rates)
    print(f"{os.cpu_count()} processors, {CONNECTIONS} connections")
    for number, found in rates.items():
        ratios = [mine / one for mine, one in zip(found, rates[1], strict=True)]
        print(f"{number} of them {statistics.median(found):7.0f} requests/s  {spread(ratios)} x")


def load_together(addresses: list[str], script: Path) -> float:
    """Requests a second of all instances, which share the connections."""
    share = CONNECTIONS // len(addresses)
    with ThreadPoolExecutor() as pool:
        return sum(pool.map(lambda one: load(one, script, share)["rate"], addresses))


if __name__ == "__main__":
    main()
