"""What is kept for its time goes after it, and a metric tells what has not gone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from creditapp.database.session import reading, writing
from creditapp.decisions import log as decision_log
from creditapp.decisions.log import Answers, Decision
from creditapp.decisions.once import KeptAnswer
from creditapp.factory import create_app
from creditapp.identity import api_keys, audit
from creditapp.identity.api_keys import ApiKey, Scope
from creditapp.identity.people import Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

pytestmark = on_both

DAY = 24 * 3600


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(arguments))


def decide(client: StrictClient, **more: Any) -> str:
    """Score the example; the id of its decision."""
    return str(client.post("/api/predict", json=EXAMPLE, **more).get_json()["decision_id"])


def id_of(days: float) -> UUID:
    """The id of a decision that was made so many days ago."""
    moment = datetime.now(UTC) - timedelta(days=days)
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76)


def copy_decision(app: Flask, model: str, new: UUID) -> str:
    """Record a decision with its answers again under another id, whose moment is when it was made."""
    with app.app_context(), writing() as session:
        row = session.get_one(Decision, UUID(model))
        assert row.given is not None
        columns = Decision.__table__.columns
        values = {column.name: getattr(row, column.name) for column in columns}
        values |= {"decision_id": new, "timestamp": decision_log.moment_of(new)}
        session.add(Decision(**values))
        session.flush()
        session.add(Answers(decision_id=new, answers=row.given.answers, salt=bytes(16)))
    return str(new)


def overdue(client: StrictClient) -> dict[str, float]:
    """By how many days each kind is overdue, as the metric tells."""
    pattern = r'creditapp_retention_overdue_seconds\{kind="(.+?)"[^}]*\} (\S+)'
    found = re.findall(pattern, client.get("/metrics").text)
    return {kind: round(float(value) / DAY, 2) for kind, value in found}


def age(app: Flask) -> None:
    """Let kept answers be 3 days old, and sign-ins have expired 500 days ago."""
    now = datetime.now(UTC)
    with app.app_context(), writing() as session:
        session.execute(update(KeptAnswer).values(made_at=now - timedelta(days=3)))
        session.execute(update(SignIn).values(expires_at=now - timedelta(days=500)))


def test_retention_takes_what_is_overdue_and_nothing_else(app: Flask, client: StrictClient) -> None:
    """A dry run changes nothing."""
    new = decide(client, headers={"Idempotency-Key": "a test"})
    old = copy_decision(app, new, id_of(800))
    age(app)
    dry = run(app, "retention", "--dry-run").output
    assert "answers: 1 from before" in dry
    assert "overdue" in dry
    done = run(app, "retention")
    assert done.exit_code == 0, done.output
    with app.app_context():
        assert decision_log.find(old).given is None
        assert decision_log.find(new).given is not None
        with reading() as session:
            assert session.scalars(select(KeptAnswer)).all() == []
    assert "answers: 0 from before" in run(app, "retention").output


def test_the_metric_tells_by_how_long_the_oldest_is_past_its_time(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """For each kind; nothing that is kept within its time counts, and nothing after a run."""
    client.sign_in("the officer", people[Role.OFFICER])
    made = decide(client, headers={"Idempotency-Key": "a test"})
    assert set(overdue(client).values()) == {0}
    for days in (700, 800, 900):
        copy_decision(app, made, id_of(days))
    age(app)
    found = overdue(client)
    assert found["answers"] == round(900 - 25 * 30.4375, 2)
    assert found["kept answers to requests"] == 2
    assert found["sign-ins"] == round(500 - 13 * 30.4375, 2)
    assert run(app, "retention").exit_code == 0
    assert set(overdue(client).values()) == {0}


def test_keys_go_a_time_after_their_end_and_their_events_stay(
    app: Flask, client: StrictClient
) -> None:
    """Those that expired and those that were revoked; what has no end, or a late one, stays."""
    now = datetime.now(UTC)
    long_ago, lately = now - timedelta(days=800), now - timedelta(days=700)
    ends = {
        "expired": {"expires_at": long_ago},
        "revoked": {"expires_at": now, "revoked_at": long_ago - timedelta(days=1)},
        "expired lately": {"expires_at": lately},
        "revoked lately": {"revoked_at": lately},
        "in use": {},
    }
    with app.app_context():
        for name, values in ends.items():
            api_keys.add(name, [Scope.PREDICT], None, A_TEST)
            if values:
                with writing() as session:
                    session.execute(update(ApiKey).where(ApiKey.name == name).values(**values))
    assert overdue(client)["keys"] == round(801 - 25 * 30.4375, 2)
    assert "keys: 2 from before" in run(app, "retention").output
    with app.app_context():
        left = {key.name for key in api_keys.list_all()}
        subjects = " ".join(event.subject for event in audit.find_newest())
    assert left == {"expired lately", "revoked lately", "in use"}
    assert all(name in subjects for name in ends)
    assert overdue(client)["keys"] == 0


@pytest.mark.parametrize("months", [0, 1200])
def test_data_may_be_kept_for_ever_or_for_a_hundred_years(settings: Settings, months: int) -> None:
    """Ids begin with a time after 1970, and nothing is older."""
    kept = {name: months for name in vars(settings) if re.fullmatch("keep_.*_months", name)}
    assert len(kept) == 5
    app = create_app(replace(settings, **kept))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    copy_decision(app, decide(client), id_of(9000))
    assert set(overdue(client).values()) == {0}
    said = run(app, "retention").output
    assert ("decisions: 0 from before" in said) == bool(months)
    assert "overdue" not in said
