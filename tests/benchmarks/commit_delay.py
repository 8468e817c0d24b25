"""Requests a second on PostgreSQL by its `commit_delay`: `python -m tests.benchmarks.commit_delay`.

Needs wrk. There is one service, and the setting of the server changes in turn. `commit_siblings` is 1, so
that two workers are enough for a delay.
"""

import statistics
import tempfile
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.throughput import (
    CONNECTIONS,
    ROUNDS,
    creditapp_on_postgresql,
    load,
    prepare,
    spread,
)
from tests.postgresql import Postgresql, postgresql

DELAYS = (0, 200, 1000)
"""Microseconds."""


def main() -> None:
    """Measure, print the table, and keep the figures; the ratios are to no delay."""
    rates: dict[int, list[float]] = {delay: [] for delay in DELAYS}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        home = Path(folder)
        script = prepare(home)
        with creditapp_on_postgresql(home, server) as address:
            for round_ in range(ROUNDS + 1):
                for delay, found in rates.items():
                    delay_commits(server, delay)
                    rate = load(address, script, CONNECTIONS)["rate"]
                    if round_:  # in the first round the service warms up
                        found.append(rate)
    results.keep("commit_delay", rates)
    for delay, found in rates.items():
        ratios = [mine / none for mine, none in zip(found, rates[0], strict=True)]
        print(f"{delay:5} us {statistics.median(found):7.0f} requests/s  {spread(ratios)}")


def delay_commits(server: Postgresql, delay: int) -> None:
    """Let the server wait so many microseconds before a commit for others."""
    server.run(f"ALTER SYSTEM SET commit_delay = {delay}")
    server.run("ALTER SYSTEM SET commit_siblings = 1")
    server.run("SELECT pg_reload_conf()")


if __name__ == "__main__":
    main()
