"""What a service costs that nobody asks anything: processor time of its workers, and transactions.

Run it with `python -m tests.benchmarks.idle`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.benchmarks import results
from tests.postgresql import Postgresql, postgresql
from tests.serving import Place, Service, flask, serve

SECONDS_TO_SETTLE, SECONDS = 12, 30
TRANSACTIONS = (
    "SELECT sum(xact_commit + xact_rollback)::int FROM pg_stat_database WHERE datname = '{}'"
)


def measure(home: Path, server: Postgresql) -> dict[str, float]:
    """The figures of both databases, one after the other."""
    name = server.create().rpartition("/")[2]
    return {
        **_idle("SQLite", home / "creditapp.db", home / "mlflow.db", lambda: 0),
        **_idle("PostgreSQL", server.url(name), home / "mlflow.db", lambda: _made(server, name)),
    }


def _idle(
    engine: str, database: Place, registry: Path, transactions: Callable[[], int]
) -> dict[str, float]:
    flask("prepare", database=database, registry=registry)
    with serve(database, registry, log=registry.with_name("log")) as service:
        time.sleep(SECONDS_TO_SETTLE)
        spent, made = _processor_seconds(service), transactions()
        time.sleep(SECONDS)
        spent, made = _processor_seconds(service) - spent, transactions() - made
    return {
        f"{engine}: % of a core for each worker": spent / SECONDS * 100,
        f"{engine}: transactions a second of both workers": made / SECONDS,
    }


def _processor_seconds(service: Service) -> float:
    """The mean over the workers."""
    times = [psutil.Process(pid).cpu_times() for pid in service.workers()]
    return statistics.mean(one.user + one.system for one in times)


def _made(server: Postgresql, database: str) -> int:
    """How many transactions a database has counted."""
    [[count]] = server.run(TRANSACTIONS.format(database))
    return int(str(count))


def main() -> None:
    """Measure, keep the figures and print them."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        figures = measure(Path(folder), server)
    results.keep("idle", figures)
    for name, figure in figures.items():
        print(f"{name:<55}{figure:8.2f}")


if __name__ == "__main__":
    main()
