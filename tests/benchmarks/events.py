"""How long the list of events takes: `python -m tests.benchmarks.events`.

For SQLite and for PostgreSQL, with a million events of four years by a thousand people. The time is of the
slowest of what the page can be asked for, the median of five.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from creditapp.database.engine import db
from creditapp.factory import create_app
from creditapp.identity import event_listing
from creditapp.identity.event_listing import WantedEvents
from creditapp.settings.settings import Settings
from tests.benchmarks.results import keep
from tests.benchmarks.reviews import NUMBERS
from tests.postgresql import postgresql
from tests.serving import flask

EVENTS = 1_000_000
STEP = 4 * 365 * 86_400 // EVENTS
"""Seconds between two events."""

INSERT = (
    "INSERT INTO audit_event (at, actor, action, subject, detail, request_id)"
    " SELECT at, CASE WHEN i % 2 = 0 THEN 'person:ann' ELSE 'person:' || i % 1000 END,"
    " CASE WHEN i % 3 = 0 THEN 'signed in' WHEN i = 7 THEN 'key revoked' ELSE 'data read' END,"
    " CASE WHEN i % 3 = 0 THEN 'ann' ELSE 'subject ' || i END, '', 'a benchmark'"
    " FROM ({}) AS numbers ORDER BY i"
)
ASKED = {
    "everything": WantedEvents(),
    "half of all": WantedEvents(actor="ann"),
    "rare": WantedEvents(action="key revoked"),
    "nobody": WantedEvents(actor="nobody of this name"),
    "two that never meet": WantedEvents(actor="ann", action="key revoked"),
    "many, that seldom meet": WantedEvents(actor="7", action="signed in"),
    "two large ones that never meet": WantedEvents(actor="1", subject="ann", action="data read"),
    "an old day": WantedEvents(
        since=datetime.now(UTC) - timedelta(1000), until=datetime.now(UTC) - timedelta(999)
    ),
    "somebody on an old day": WantedEvents(
        since=datetime.now(UTC) - timedelta(1000),
        until=datetime.now(UTC) - timedelta(999),
        actor="ann",
        action="key revoked",
    ),
}


def main() -> None:
    """Measure both engines, and print one line for each question."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with migrated(address, Path(folder)) as connection:
                fill(connection)
                name = connection.dialect.name
                times = {asked: measure(wanted) for asked, wanted in ASKED.items()}
                for asked, milliseconds in times.items():
                    print(f"{name:10}  {asked:32}  {milliseconds:7.1f} ms", flush=True)
                figures[name] = max(times.values())
    keep("events", figures)


@contextmanager
def migrated(address: str, folder: Path) -> Iterator[Connection]:
    """An application's database without a model."""
    done = flask("db", "upgrade", database=address, registry=folder / "mlflow.db")
    assert done.returncode == 0, done.stderr
    app = create_app(replace(Settings.from_environment(), database_url=address))
    with app.app_context():
        with db.engine.connect() as connection:
            yield connection
        db.engine.dispose()


def fill(connection: Connection) -> None:
    """Add the events."""
    start = int(datetime.now(UTC).timestamp()) - EVENTS * STEP - 100_000
    values = {"count": EVENTS, "start": start, "step": STEP}
    connection.execute(text(INSERT.format(NUMBERS[connection.dialect.name])), values)
    connection.commit()
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def measure(wanted: WantedEvents) -> float:
    """The milliseconds that a page of events takes."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        event_listing.find_page(wanted)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


if __name__ == "__main__":
    main()
