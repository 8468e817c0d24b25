"""What does not show in requests a second: a start, a worker's memory, a command, a page of a long log.

Run it with `python -m tests.benchmarks.costs`. Each time is measured in turn with its yardstick.
"""

import re
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from uuid_utils import compat

from creditapp.factory import create_app
from creditapp.identity import people
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from tests.benchmarks import results
from tests.benchmarks.batch import seconds, spread
from tests.clients import PageClient
from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Service, environment, flask, serve

RUNS = 7
FEW, MANY = 10_000, 1_000_000
REQUESTS = 500
PAGES = 31
LISTS = ("/decisions", "/decisions?reference=r7")

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
            **pages({rows: filled(database, home, rows) for rows in (FEW, MANY)}),
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


def filled(database: Path, home: Path, rows: int) -> Path:
    """A copy of the database with so many decisions, their answers empty."""
    copy = Path(shutil.copy(database, home / f"{rows}.db"))
    with closing(sqlite3.connect(copy)) as connection, connection:
        ids = [compat.uuid7().hex for _ in range(rows)]
        connection.executemany(
            "INSERT INTO decision (decision_id, timestamp, channel, request_id,"
            " probability_good_credit, prediction, risk_level, decision, outside_training,"
            " policy_version, model_version, generation, portfolio, fingerprint)"
            " VALUES (?, '2026-01-01 00:00:00', 'api', 'a benchmark',"
            " 0.8, 1, 'LOW', 'approve', '[]', 'default-1', '1', 1, 'a benchmark', 'a benchmark')",
            ((decision_id,) for decision_id in ids),
        )
        connection.executemany(
            "INSERT INTO decision_answers (decision_id, reference, answers, salt)"
            " VALUES (?, ?, '{}', randomblob(16))",
            ((decision_id, f"r{row % (rows // 100)}") for row, decision_id in enumerate(ids)),
        )
    return copy


def pages(databases: dict[int, Path]) -> dict[str, list[Pair]]:
    """By page, the seconds with many decisions, and how often they are those with few, in turn."""
    few, many = (signed_in(databases[rows]) for rows in (FEW, MANY))
    return {
        f"s of {path}, times those of the short log": [
            compared(few, many, path) for _ in range(PAGES)
        ]
        for path in LISTS
    }


def compared(few: PageClient, many: PageClient, path: str) -> Pair:
    """One page of both logs."""
    short, long = page(few, path), page(many, path)
    return long, long / short


def signed_in(database: Path) -> PageClient:
    """Somebody who may see the list."""
    address = f"sqlite:///{database}"
    app = create_app(replace(Settings.from_environment(), database_url=address))
    app.test_client_class = PageClient
    password = secrets.token_urlsafe(12)
    with app.app_context():
        people.add("the reader", Role.OFFICER, password, "a benchmark")
    client = app.test_client()
    assert isinstance(client, PageClient)
    client.sign_in("the reader", password)
    return client


def page(client: PageClient, path: str) -> float:
    """The seconds of one page."""
    return seconds(lambda: client.get(path), 1)


if __name__ == "__main__":
    main()
