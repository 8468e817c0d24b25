"""How long the page with the comparison by outcome takes: `python -m tests.benchmarks.by_outcome`.

For SQLite and for PostgreSQL, with a million decisions of two years, of which a challenger scored all, and
300,000 outcomes. The times are the least of 20: other programs of the machine only add to them.
"""

import gc
import secrets
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, text

from creditapp.identity import people
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.benchmarks.queue import insert, prepared
from tests.benchmarks.results import keep
from tests.clients import PageClient
from tests.postgresql import postgresql

DECISIONS, DAYS = 1_000_000, 730
PASSWORD = secrets.token_urlsafe(12)
NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last),"
        " dated AS (SELECT i, CAST(:began AS bigint) + i * :step AS ms FROM n)"
        " SELECT i, printf('%012x%020x', ms, i) AS id, datetime(ms / 1000, 'unixepoch') AS made FROM dated"
    ),
    "postgresql": (
        "WITH dated AS (SELECT i, CAST(:began AS bigint) + i * CAST(:step AS bigint) AS ms"
        " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n(i))"
        " SELECT i, (lpad(to_hex(ms), 12, '0') || lpad(to_hex(i), 20, '0'))::uuid AS id,"
        " to_timestamp(ms / 1000) AS made FROM dated"
    ),
}
"""For each number a decision's id and time: the id begins with the time in milliseconds."""

CHALLENGER = (
    "INSERT INTO challenger (model_name, model_version, bundle_digest, share, set_at, set_by, reason)"
    " SELECT 'a benchmark', '2', digest, 1.0, '2024-01-01 00:00:00', 'a benchmark', 'to measure'"
    " FROM served_bundle"
)
ROWS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint)"
    " SELECT id, made, 'api', 'a benchmark', 0.5 + i % 997 / 2000.0, 1, 512, 'LOW',"
    " CASE WHEN i % 997 > 200 THEN 'approve' ELSE 'refer' END, '[]', 'default-1', '1', 1,"
    " 'german-credit', 'a benchmark' FROM ({}) AS numbers",
    "INSERT INTO challenger_score (decision_id, challenger_id, probability_good_credit, decision, scored_at)"
    " SELECT id, 1, 0.5 + (i % 997 + i % 101) / 2400.0, "
    " CASE WHEN i % 991 > 200 THEN 'approve' ELSE 'refer' END, made FROM ({}) AS numbers",
    "INSERT INTO outcome (decision_id, kind, happened_on, withdrawn, recorded_by, recorded_at)"
    " SELECT id, CASE WHEN i % 7 = 0 THEN 'defaulted' ELSE 'repaid' END, date(made), false,"
    " 'a benchmark', '2026-01-02 00:00:00' FROM ({}) AS numbers WHERE i % 10 IN (0, 3, 6)",
)


def main() -> None:
    """Measure both engines, and print one line for each."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as connection:
                figures[connection.dialect.name] = measure(connection)
    for engine, milliseconds in figures.items():
        print(f"{engine:10} {milliseconds:7.2f} ms")
    keep("by_outcome", figures)


def measure(connection: Connection) -> float:
    """The milliseconds of the page."""
    connection.execute(text(CHALLENGER))
    began = datetime.now(UTC) - timedelta(days=DAYS)
    dated = {"began": int(began.timestamp() * 1000), "step": DAYS * 86_400_000 // DECISIONS}
    for statement in ROWS:
        insert(
            connection, statement.format(NUMBERS[connection.dialect.name]), 1, DECISIONS, **dated
        )
    # why: a worker of the service does so too; else the garbage collector goes through all that was imported.
    gc.freeze()
    return time_page(signed_in())


def signed_in() -> PageClient:
    """The client of an analyst."""
    people.add("an analyst", Role.ANALYST, PASSWORD, A_TEST)
    client = PageClient(current_app._get_current_object())
    client.sign_in("an analyst", PASSWORD)
    return client


def time_page(client: PageClient) -> float:
    """The least of 20, after one that is not counted."""
    assert 'id="by-outcome"' in client.get("/challenger").text
    times = []
    for _ in range(20):
        began = time.perf_counter()
        client.get("/challenger")
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
