"""How long the pages about drift take over a million decisions: `python -m tests.benchmarks.drift`.

For SQLite and for PostgreSQL, with the decisions spread over 26 weeks. The times of the pages are the median
of 20; the look at the recent days and at all weeks is what one worker of each host does in the background.
"""

import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from creditapp.database.engine import db
from creditapp.drift import keeping
from creditapp.drift.keeping import WEEKS
from creditapp.factory import create_app
from creditapp.serving import cache as model_cache
from creditapp.settings.settings import Settings
from tests.benchmarks.queue import insert
from tests.benchmarks.results import keep
from tests.clients import PageClient
from tests.portfolios import EXAMPLE
from tests.postgresql import postgresql
from tests.serving import flask

DECISIONS = 1_000_000
LENGTH = timedelta(weeks=WEEKS)
PAGES = ("/drift", "/drift/status_of_existing_checking_account")

ID = {
    "sqlite": "printf('%012x%020x', {moment}, i)",
    "postgresql": "(lpad(to_hex({moment}), 12, '0') || lpad(to_hex(i), 20, '0'))::uuid",
}
"""An id that begins with the milliseconds of its time; the decisions are as far from each other."""

ADD_DEPLOYMENT = (
    "INSERT INTO deployment (model_name, model_version, portfolio, bundle_digest, deployed_at, reason)"
    " SELECT model_name, model_version, portfolio, bundle_digest, '{since}', reason FROM deployment"
)
ADD_DECISIONS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint)"
    " SELECT {id}, '2026-01-01 00:00:00', 'api', 'a benchmark', 0.5 + (i - 50 * (i / 50)) / 100.0, 1,"
    " 512, 'LOW', 'approve', '[]', 'default-1', '1', 2, 'a benchmark', 'a benchmark' FROM ({{}}) AS numbers"
)
ADD_ANSWERS = (
    "INSERT INTO decision_answers (decision_id, answers, salt)"
    " SELECT {id}, '{answers}', {salt} FROM ({{}}) AS numbers"
)


def main() -> None:
    """Measure both engines, and print one line for each case."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            figures[address.partition(":")[0]] = measure(address, Path(folder))
    for engine, cases in figures.items():
        for case, milliseconds in cases.items():
            print(f"{engine:20}  {case:45} {milliseconds:9.1f} ms")
    keep("drift", figures)


def measure(address: str, folder: Path) -> dict[str, float]:
    """The milliseconds of each case."""
    done = flask("prepare", database=address, registry=folder / "mlflow.db")
    assert done.returncode == 0, done.stderr
    app = create_app(replace(Settings.from_environment(), database_url=address))
    app.test_client_class = PageClient
    with app.app_context():
        fill()
        served, now = model_cache.current(), datetime.now(UTC)
        cases = {
            "look at the recent days": timed(lambda: keeping.look_again(served, now)),
            "look at 26 weeks": timed(lambda: list(keeping.look_at_weeks(served, now))),
        }
    [password] = re.findall(r"name admin, password (\S+)", done.stdout)
    cases |= pages(app, password)
    with app.app_context():
        db.engine.dispose()
    return cases


def fill() -> None:
    """A deployment of half a year ago, and its decisions until now."""
    now = datetime.now(UTC)
    with db.engine.connect() as connection:
        connection.execute(text(ADD_DEPLOYMENT.format(since=(now - LENGTH).isoformat(" "))))
        engine = connection.dialect.name
        step = LENGTH / timedelta(milliseconds=1) // DECISIONS
        moment = f"{int((now - LENGTH).timestamp() * 1000)} + CAST(i AS bigint) * {int(step)}"
        names = {
            "id": ID[engine].format(moment=moment),
            "answers": re.sub(r"([{}])", r"\1\1", json.dumps(EXAMPLE).replace(":", r"\:")),
            "salt": "zeroblob(16)" if engine == "sqlite" else r"'\x00'::bytea",
        }
        for statement in (ADD_DECISIONS, ADD_ANSWERS):
            insert(connection, statement.format(**names), 1, DECISIONS)


def pages(app: Flask, password: str) -> dict[str, float]:
    """The median of 20 requests of each page, after one that is not counted."""
    client = app.test_client()
    client.sign_in("admin", password)
    cases = {}
    for page in PAGES:

        def ask(page: str = page) -> TestResponse:
            return client.get(page)

        answer = ask()
        assert answer.status_code == 200, answer.text
        times = [timed(ask) for _ in range(20)]
        cases[f"{page}, {len(answer.data) / 1000:.0f} kB"] = statistics.median(times)
    return cases


def timed(act: Callable[[], object]) -> float:
    """The milliseconds that something takes."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
