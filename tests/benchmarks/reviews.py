"""How long the figures of reviewers take: `python -m tests.benchmarks.reviews`.

For SQLite and for PostgreSQL, with a million decisions of four years, 100,000 reviews and 300,000 outcomes.
The time is of what the page reads and counts, the median of five.
"""

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from creditapp.applications.performance import USUAL
from creditapp.simulation import review_report
from creditapp.simulation.costs import Costs
from creditapp.web.pages.reviewers import LIMITS
from tests.benchmarks.queue import prepared
from tests.benchmarks.results import keep
from tests.postgresql import postgresql

DECISIONS = 1_000_000
STEP = 4 * 365 * 86_400 // DECISIONS
"""Seconds between two decisions."""

NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
        " SELECT i, printf('%012x7%019x', (:start + i * :step) * 1000, i) AS id,"
        " datetime(:start + i * :step, 'unixepoch') || '.000000' AS at,"
        " datetime(:start + i * :step + 7200 + i % 90000, 'unixepoch') || '.000000' AS later,"
        " date(:start + i * :step + 9000000, 'unixepoch') AS day FROM n"
    ),
    "postgresql": (
        "SELECT i, (lpad(to_hex((:start + i * :step) * 1000), 12, '0') || '7'"
        " || lpad(to_hex(i), 19, '0'))::uuid AS id,"
        " to_timestamp(:start + i * :step) AS at,"
        " to_timestamp(:start + i * :step + 7200 + i % 90000) AS later,"
        " to_timestamp(:start + i * :step + 9000000)::date AS day"
        " FROM generate_series(CAST(1 AS bigint), CAST(:count AS bigint)) AS n(i)"
    ),
}
STATEMENTS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint)"
    " SELECT id, at, 'api', 'a benchmark', 0.3 + (i % 70) / 100.0, 1, 512, 'LOW',"
    " CASE WHEN i % 10 = 0 THEN 'refer' WHEN i % 3 = 0 THEN 'decline' ELSE 'approve' END, '[]',"
    " 'default-1', '1', 1, 'a benchmark', 'a benchmark' FROM ({}) AS numbers",
    "INSERT INTO review (decision_id, outcome, reason, reviewed_by, reviewed_at)"
    " SELECT id, CASE WHEN i % 20 = 0 THEN 'approve' ELSE 'decline' END, 'documents',"
    " 'person:' || (i / 10) % 12, later FROM ({}) AS numbers WHERE i % 10 = 0",
    "INSERT INTO outcome (decision_id, kind, happened_on, withdrawn, recorded_by, recorded_at)"
    " SELECT id, CASE WHEN i % 7 = 0 THEN 'defaulted' ELSE 'repaid' END, day, i < 0, 'a benchmark', at"
    " FROM ({}) AS numbers WHERE i % 20 = 0 OR i % 4 = 1",
)


def main() -> None:
    """Measure both engines, and print one line for each."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as connection:
                fill(connection)
                figures[connection.dialect.name] = measure()
    for engine, milliseconds in figures.items():
        print(f"{engine:10}  {milliseconds:7.1f} ms")
    keep("reviews", figures)


def fill(connection: Connection) -> None:
    """Add the decisions, the reviews and the outcomes."""
    start = int(datetime.now(UTC).timestamp()) - DECISIONS * STEP - 100_000
    values = {"count": DECISIONS, "start": start, "step": STEP}
    for statement in STATEMENTS:
        connection.execute(text(statement.format(NUMBERS[connection.dialect.name])), values)
    connection.commit()
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def measure() -> float:
    """The median of five, after one that is not counted."""
    times = []
    for _ in range(6):
        began = time.perf_counter()
        report = review_report.look("a benchmark", USUAL, datetime.now(UTC), LIMITS)
        figures = (report.whole, report.reviewers, report.reasons, report.months, report.results)
        assert all(figures)
        assert report.worth(Costs())
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times[1:])


if __name__ == "__main__":
    main()
