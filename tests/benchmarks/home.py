"""How long the home page takes: `python -m tests.benchmarks.home`.

For SQLite and for PostgreSQL, with a million decisions of half a year, and 100,000 of them that wait. The
times are of the whole request of an admin, the median of five; and of counting all days, and again the days
that are not settled, which a thread does in the background.
"""

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import Connection, text

from creditapp.decisions import days
from creditapp.identity import people
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.benchmarks.queue import prepared
from tests.benchmarks.results import keep
from tests.benchmarks.reviews import NUMBERS, STATEMENTS
from tests.clients import PageClient
from tests.postgresql import postgresql

DECISIONS = 1_000_000
STEP = 182 * 86_400 // DECISIONS
"""Seconds between two decisions."""


def main() -> None:
    """Measure both engines, and print one line for each case."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as connection:
                fill(connection)
                figures[connection.dialect.name] = measure()
    for engine, cases in figures.items():
        for case, milliseconds in cases.items():
            print(f"{engine:10}  {case:28} {milliseconds:9.1f} ms")
    keep("home", figures)


def fill(connection: Connection) -> None:
    """Add the decisions, which end now, of the portfolio that is served."""
    start = int(datetime.now(UTC).timestamp()) - DECISIONS * STEP
    values = {"count": DECISIONS, "start": start, "step": STEP}
    statement = STATEMENTS[0].format(NUMBERS[connection.dialect.name])
    portfolio = "'default-1', '1', 1, 'german-credit'"
    statement = statement.replace("'default-1', '1', 1, 'a benchmark'", portfolio)
    connection.execute(text(statement), values)
    connection.commit()
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def measure() -> dict[str, float]:
    """The times in milliseconds by what is done."""
    password = secrets.token_urlsafe(12)
    people.add("an admin", Role.ADMIN, password, A_TEST)
    counted = {"count all days": _time(days.refresh), "count what is open": _time(days.refresh)}
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    # why: in this thread all requests would share the context of the application.
    with ThreadPoolExecutor(1) as thread:
        page, processor = thread.submit(_time_page, app, password).result()
    return {**counted, "page": page, "page, of the processor": processor}


def _time_page(app: Flask, password: str) -> tuple[float, float]:
    """The medians of five, after one that is not counted: by the clock, and of the processor."""
    client = PageClient(app, app.response_class)
    client.sign_in("an admin", password)
    times, processor = [], []
    for _ in range(6):
        began = time.thread_time()
        times.append(_time(lambda: _ask(client)))
        processor.append(1000 * (time.thread_time() - began))
    return statistics.median(times[1:]), statistics.median(processor[1:])


def _ask(client: PageClient) -> None:
    assert client.get("/home").status_code == 200


def _time(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
