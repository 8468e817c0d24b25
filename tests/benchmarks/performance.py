"""How long the report on performance and its page take: `python -m tests.benchmarks.performance [DECISIONS]`.

A million decisions over three years, of which three in ten have an outcome, on SQLite and on PostgreSQL. The
page's time is that at the server, the median of 20.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.database.engine import db
from creditapp.factory import create_app
from creditapp.performance import watch
from creditapp.serving import cache as model_cache
from creditapp.settings.settings import Settings
from creditapp.simulation.cases import held_out_cases
from tests.benchmarks.results import keep
from tests.books import decide_at, record_outcomes
from tests.clients import csrf_token
from tests.postgresql import postgresql
from tests.serving import flask

DECISIONS, WITH_OUTCOME = 1_000_000, 0.3
AT_ONCE = 50_000
SPAN = timedelta(days=3 * 365)
KINDS = {True: OutcomeKind.REPAID, False: OutcomeKind.DEFAULTED}


def main() -> None:
    """Measure both engines, and print one line for each."""
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as (app, password):
                name = address.partition(":")[0]
                figures[name] = measure(app, password, decisions)
    for name, one in figures.items():
        print(f"{name:10}  report {one['report']:7.1f} s   page {one['page']:6.1f} ms")
    keep("performance", figures)


@contextmanager
def prepared(address: str, folder: Path) -> Iterator[tuple[Flask, str]]:
    """An application with a deployment, and its admin's password."""
    done = flask("prepare", database=address, registry=folder / "mlflow.db")
    assert done.returncode == 0, done.stderr
    [password] = re.findall(r"name admin, password (\S+)", done.stdout)
    app = create_app(replace(Settings.from_environment(), database_url=address))
    with app.app_context():
        yield app, password
        db.engine.dispose()


def measure(app: Flask, password: str, decisions: int) -> dict[str, float]:
    """The seconds of a report, and the milliseconds of the page."""
    fill(decisions)
    began = time.perf_counter()
    watch.make(datetime.now(UTC))
    seconds = time.perf_counter() - began
    client = app.test_client()
    token = csrf_token(client.get("/sign-in").text)
    form = {"csrf_token": token, "name": "admin", "password": password}
    client.post("/sign-in", data=form)
    times = []
    for _ in range(21):
        began = time.perf_counter()
        assert client.get("/performance").status_code == 200
        times.append(time.perf_counter() - began)
    return {"report": seconds, "page": 1000 * median(times[1:])}


def fill(decisions: int) -> None:
    """Decide on rows of the hold-out again and again, and record what became of some of them."""
    served = model_cache.current()
    cases = held_out_cases(served)
    numbers = np.random.default_rng(1)
    now = datetime.now(UTC)
    for first in range(0, decisions, AT_ONCE):
        drawn = [cases[place] for place in numbers.integers(0, len(cases), AT_ONCE)]
        moments = [now - SPAN * (1 - (first + place) / decisions) for place in range(AT_ONCE)]
        ids = decide_at(served, [case.answers for case in drawn], moments)
        told = np.flatnonzero(numbers.random(AT_ONCE) < WITH_OUTCOME)
        record_outcomes(
            [ids[place] for place in told],
            [KINDS[bool(drawn[place].good)] for place in told],
            [moments[place].date() for place in told],
            now,
        )


if __name__ == "__main__":
    main()
