"""Whoever reads personal data is on record."""

import pytest
from flask import Flask
from sqlalchemy import text

from creditapp.database.session import writing
from creditapp.identity import api_keys, audit
from creditapp.identity.api_keys import Scope
from creditapp.identity.audit import Action
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient, csrf_token
from tests.clock import stop_clock

HOUR = 3600


@pytest.fixture
def declined(client: StrictClient) -> str:
    """A declined application; the id of its decision."""
    return str(client.post("/api/predict", json=POOR).get_json()["decision_id"])


def readers(app: Flask, decision_id: str) -> list[str]:
    """Who read a decision, by the events about it, oldest first."""
    with app.app_context():
        events = audit.find_about(decision_id)
    return [event.actor for event in events if event.action == Action.DATA_READ]


@pytest.mark.parametrize(
    "path",
    [
        "/decisions/{}",
        "/decisions/{}/replay",
        "/decisions/{}/notice",
        "/api/decisions/{}",
        "/api/decisions/{}/alternatives",
    ],
)
def test_reading_is_an_event_once_an_hour(
    app: Flask,
    declined: str,
    officer: StrictClient,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the page, the replay, the letter, and the API's look-ups."""
    clock = stop_clock(monkeypatch, audit)
    for _ in range(3):
        assert officer.get(path.format(declined)).status_code == 200
    [reader] = readers(app, declined)
    # why: the API ignores cookies, and without a key this machine is the client.
    assert reader == ("local" if path.startswith("/api") else "person:the officer")
    clock.advance(HOUR + 1)
    officer.get(path.format(declined))
    assert readers(app, declined) == [reader] * 2


def test_a_refused_review_shows_the_answers_and_is_a_reading(
    app: Flask, declined: str, officer: StrictClient
) -> None:
    """Else a review without a reason would be a way to read unseen."""
    token = csrf_token(officer.get("/account").text)
    sent = officer.post(f"/decisions/{declined}/review", data={"csrf_token": token})
    assert sent.status_code == 422
    assert "Duration" in sent.text
    assert readers(app, declined) == ["person:the officer"]


def test_each_reader_is_an_event(
    app: Flask, declined: str, officer: StrictClient, people: dict[Role, str]
) -> None:
    """Two people within an hour."""
    officer.get(f"/decisions/{declined}")
    other = app.test_client()
    other.sign_in("the analyst", people[Role.ANALYST])  # type: ignore[attr-defined]
    other.get(f"/decisions/{declined}")
    assert readers(app, declined) == ["person:the officer", "person:the analyst"]


def test_what_shows_no_personal_data_is_no_event(
    app: Flask, declined: str, officer: StrictClient
) -> None:
    """A list, an erased decision, and a key that may not read the decision."""
    officer.get("/decisions")
    with app.app_context():
        key = api_keys.add("a shop", [Scope.DECISIONS_READ], None, A_TEST)
    refused = app.test_client().get(
        f"/api/decisions/{declined}", headers={"Authorization": f"Bearer {key}"}
    )
    assert refused.status_code == 404
    assert readers(app, declined) == []
    with app.app_context():
        app.test_cli_runner().invoke(args=["erase", declined, "--reason", "asked", "--yes"])
    assert officer.get(f"/decisions/{declined}").status_code == 200
    assert readers(app, declined) == []


def test_what_cannot_be_put_on_record_is_not_shown(
    app: Flask, declined: str, officer: StrictClient
) -> None:
    """Neither the page nor the look-up."""
    with app.app_context(), writing() as session:
        session.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit_event "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    for path in (f"/decisions/{declined}", f"/api/decisions/{declined}"):
        answer = officer.get(path)
        assert answer.status_code == 503
        assert "Duration" not in answer.text
