"""Databases of so many decisions, made by a few statements: two years of answers, reviews and outcomes."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from creditapp.database.engine import db
from creditapp.factory import create_app
from creditapp.identity import people
from creditapp.identity.people import Role
from creditapp.serving import cache as model_cache
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import PageClient
from tests.portfolios import EXAMPLE
from tests.serving import flask

DAYS = 730
WAITING = 0.05
"""Of so large a share of the decisions, the newest, those that were referred have no review."""

NUMBERS = {
    "sqlite": (
        "CREATE TEMPORARY TABLE numbers AS"
        " WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last),"
        " dated AS (SELECT i, :began + (i - :first) * :length / (:last - :first + 1) AS ms FROM n)"
        " SELECT i, printf('%012x7%019x', ms, i) AS id,"
        " datetime(ms / 1000, 'unixepoch') || '.000000' AS at,"
        " datetime(ms / 1000 + 7200 + i % 90000, 'unixepoch') || '.000000' AS later,"
        " date(ms / 1000 + 9000000, 'unixepoch') AS day FROM dated"
    ),
    "postgresql": (
        "CREATE TEMPORARY TABLE numbers AS WITH dated AS (SELECT i, CAST(:began AS bigint)"
        " + (i - :first) * CAST(:length AS bigint) / (:last - :first + 1) AS ms"
        " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n(i))"
        " SELECT i, (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(i), 19, '0'))::uuid AS id,"
        " to_timestamp(ms / 1000) AS at,"
        " to_timestamp(ms / 1000 + 7200 + i % 90000) AS later,"
        " to_timestamp(ms / 1000 + 9000000)::date AS day FROM dated"
    ),
}
"""For each number the id and the time of a decision; ids begin with the time in milliseconds."""

DECISIONS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint)"
    " SELECT id, at, 'api', 'a benchmark', 0.3 + (i % 70) / 100.0, 1, 512, 'LOW',"
    " CASE WHEN i % 10 = 0 THEN 'refer' WHEN i % 3 = 0 THEN 'decline' ELSE 'approve' END, '[]',"
    " 'default-1', '1', (SELECT max(generation) FROM deployment), :portfolio, :fingerprint FROM numbers"
)
ANSWERS_OF_ONE = (
    "replace(replace(:answers, '\"AMOUNT\"', CAST(1000.0 + i % 9000 AS text)),"
    " '\"AGE\"', CAST(20 + i % 50 AS text))"
)
GIVEN = {
    "sqlite": f"{ANSWERS_OF_ONE}, zeroblob(16)",
    "postgresql": f"CAST({ANSWERS_OF_ONE} AS json), decode(repeat('00', 16), 'hex')",
}
ANSWERS = (
    "INSERT INTO decision_answers (decision_id, reference, answers, salt)"
    " SELECT id, 'LOAN-' || i, {} FROM numbers"
)
OTHERS = (
    "INSERT INTO review (decision_id, outcome, reason, reviewed_by, reviewed_at)"
    " SELECT id, CASE WHEN i % 20 = 0 THEN 'approve' ELSE 'decline' END, 'documents',"
    " 'person:' || (i / 10) % 12, later FROM numbers WHERE i % 10 = 0 AND i < :reviewed",
    "INSERT INTO outcome (decision_id, kind, happened_on, withdrawn, recorded_by, recorded_at)"
    " SELECT id, CASE WHEN i % 7 = 0 THEN 'defaulted' ELSE 'repaid' END, day, i < 0, 'a benchmark', at"
    " FROM numbers WHERE (i % 20 = 0 OR i % 4 = 1) AND i < :reviewed",
    "INSERT INTO challenger_score (decision_id, challenger_id, probability_good_credit, decision, scored_at)"
    " SELECT id, 1, 0.5 + (i % 997 + i % 101) / 2400.0,"
    " CASE WHEN i % 991 > 200 THEN 'approve' ELSE 'refer' END, at FROM numbers WHERE i % 5 = 0",
    "INSERT INTO audit_event (at, actor, action, subject, detail, request_id)"
    " SELECT at, CASE WHEN i % 2 = 0 THEN 'person:ann' ELSE 'person:' || i % 1000 END,"
    " CASE WHEN i % 3 = 0 THEN 'signed in' WHEN i = 7 THEN 'key revoked' ELSE 'data read' END,"
    " CASE WHEN i % 3 = 0 THEN 'ann' ELSE 'subject ' || i END, '', 'a benchmark'"
    " FROM numbers WHERE i % 2 = 1 OR i % 3 = 0 ORDER BY i",
)
DEPLOYED_BEFORE = (
    "INSERT INTO deployment (model_name, model_version, portfolio, bundle_digest, deployed_at, reason)"
    " SELECT model_name, model_version, portfolio, bundle_digest, :began, reason FROM deployment"
)
CHALLENGED_BEFORE = (
    "INSERT INTO challenger (model_name, model_version, bundle_digest, share, set_at, set_by, reason)"
    " SELECT model_name, '2', bundle_digest, 0.2, :began, 'a benchmark', 'to measure'"
    " FROM deployment WHERE generation = 1"
)


@dataclass(frozen=True)
class Grown:
    """An application whose database holds so many decisions, and the client of an admin."""

    app: Flask
    client: PageClient
    decisions: int

    def ask(self, address: str) -> int:
        """The length of a page; it is not parsed, as that takes as long as to make it."""
        answer = FlaskClient.open(self.client, address, base_url=self.client.base_url)
        assert answer.status_code == 200, (address, answer.status, answer.text[:500])
        return len(answer.data)

    def add(self, rows: int) -> None:
        """Add decisions of this moment with their answers."""
        with self.app.app_context(), db.engine.connect() as connection:
            now = datetime.now(UTC)
            highest = connection.scalar(text("SELECT count(*) FROM decision")) or 0
            _fill(connection, highest + 1, highest + rows, now, timedelta(seconds=1), ())


@contextmanager
def grown(address: str, registry: Path, decisions: int) -> Iterator[Grown]:
    """A prepared database, filled with decisions until now."""
    done = flask("prepare", database=address, registry=registry)
    assert done.returncode == 0, done.stderr
    unlimited = {"reading_limit": "1000000 per minute", "database_url": address}
    app = create_app(replace(Settings.from_environment(), **unlimited))  # type: ignore[arg-type]
    with app.app_context():
        length = timedelta(days=DAYS)
        with db.engine.connect() as connection:
            began = datetime.now(UTC) - length
            for statement in (DEPLOYED_BEFORE, CHALLENGED_BEFORE):
                connection.execute(text(statement), {"began": began.isoformat(" ")})
            _fill(connection, 1, decisions, began, length, OTHERS)
        password = token_urlsafe(12)
        people.add("an admin", Role.ADMIN, password, A_TEST)
    client = PageClient(app, app.response_class)
    client.sign_in("an admin", password)
    yield Grown(app, client, decisions)
    with app.app_context():
        db.engine.dispose()


def _fill(
    connection: Connection,
    first: int,
    last: int,
    began: datetime,
    length: timedelta,
    others: tuple[str, ...],
) -> None:
    """Add a decision and its answers for each number, and what became of them."""
    engine, catalogue = connection.dialect.name, model_cache.current().catalogue
    told = {
        "first": first,
        "last": last,
        "began": int(began.timestamp() * 1000),
        "length": int(length / timedelta(milliseconds=1)),
        "reviewed": int(last * (1 - WAITING)),
        "portfolio": catalogue.name,
        "fingerprint": catalogue.fingerprint,
        "answers": json.dumps({**EXAMPLE, "Credit amount": "AMOUNT", "Age in years": "AGE"}),
    }
    answers = ANSWERS.format(GIVEN[engine])
    for statement in (NUMBERS[engine], DECISIONS, answers, *others, "DROP TABLE numbers"):
        names = re.findall(r"(?<![:\w]):(\w+)", statement)
        connection.execute(text(statement), {name: told[name] for name in names})
    connection.commit()
    if engine == "postgresql":
        # why: autovacuum does this within a minute or two; without it the times are those of dead rows.
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
