"""How long the queue of decisions that wait takes: `python -m tests.benchmarks.queue`.

For SQLite and for PostgreSQL, by how many decisions there are: all reviewed, and as many that still wait. The
times are of the query alone, the median of 20.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from creditapp.database.engine import db
from creditapp.decisions import queue
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.queue import Part
from creditapp.factory import create_app
from creditapp.identity.actors import Actor
from creditapp.settings.settings import Settings
from tests.benchmarks.results import keep
from tests.postgresql import postgresql
from tests.serving import flask

FEW, MANY = 10_000, 2_000_000
NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
        " SELECT i, printf('%032x', i) AS id FROM n"
    ),
    "postgresql": (
        "SELECT i, lpad(to_hex(i), 32, '0')::uuid AS id"
        " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n(i)"
    ),
}
DECISIONS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint)"
    " SELECT id, '2026-01-01 00:00:00', 'api', 'a benchmark', 0.8, 1, 512, 'LOW', 'refer', '[]',"
    " 'default-1', '1', 1, 'a benchmark', 'a benchmark' FROM ({}) AS numbers"
)
REVIEWS = (
    "INSERT INTO review (decision_id, outcome, reviewed_by, reviewed_at)"
    " SELECT id, 'approve', 'a benchmark', '2026-01-02 00:00:00' FROM ({}) AS numbers"
)


def main() -> None:
    """Measure both engines, and print one line for each case."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as connection:
                figures[connection.dialect.name] = measure(connection)
    for engine, cases in figures.items():
        for case, milliseconds in cases.items():
            print(f"{engine:10}  {case:32} {milliseconds:7.2f} ms")
    keep("queue", figures)


@contextmanager
def prepared(address: str, folder: Path) -> Iterator[Connection]:
    """An application's database with a deployment."""
    done = flask("prepare", database=address, registry=folder / "mlflow.db")
    assert done.returncode == 0, done.stderr
    app = create_app(replace(Settings.from_environment(), database_url=address))
    with app.app_context():
        with db.engine.connect() as connection:
            yield connection
        db.engine.dispose()


def measure(connection: Connection) -> dict[str, float]:
    """The milliseconds of each case."""
    cases = {}
    first = 1
    for last in (FEW, MANY):
        insert(connection, DECISIONS, first, last)
        insert(connection, REVIEWS, first, last)
        cases[f"{last:,} referred, all reviewed"] = time_query()
        first = last + 1
    insert(connection, DECISIONS, first, first + MANY)
    cases[f"{MANY:,} more, all waiting"] = time_query()
    return cases


def insert(connection: Connection, statement: str, first: int, last: int, **values: int) -> None:
    """Add one row for each number."""
    numbers = NUMBERS[connection.dialect.name]
    told = {"first": first, "last": last, **values}
    connection.execute(text(statement.format(numbers)), told)
    connection.commit()
    if connection.dialect.name == "postgresql":
        # why: autovacuum does this within a minute or two; without it the times are those of dead rows.
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text("VACUUM ANALYZE"))


def look() -> None:
    """What the page of the queue reads."""
    reviewer = Reviewer(Actor("a benchmark"))
    queue.find_page(Part.ALL, reviewer, 50)
    queue.count(reviewer, datetime.now(UTC))


def time_query() -> float:
    """The median of 20, after one that is not counted."""
    look()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        look()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
