"""A database that fails is answered with 503, by every route, and never with 500."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from creditapp.database.engine import db
from creditapp.decisions import reviews, stored
from creditapp.decisions.past_models import load_past_model
from creditapp.decisions.reviews import SentReview
from creditapp.decisions.stored import StoredDecision
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient, csrf_token, form_data
from tests.portfolios import EXAMPLE

TABLES = [
    "decision",
    "decision_answers",
    "decision_correction",
    "day_tally",
    "kept_answer",
    "deployment",
    "served_bundle",
    "policy",
    "review",
    "review_note",
    "letter_reason",
    "outcome",
    "performance_report",
    "challenger",
    "challenger_score",
    "audit_event",
    "person",
    "sign_in",
    "second_factor",
    "recovery_code",
    "proposal",
    "proposal_decision",
    "api_key",
    "log_probe",
    "schema_step",
    "waiting_decision",
    "waiting_claim",
    "waiting_escalation",
    "case_note",
    "saved_view",
    "drift_look",
    "model_turn",
    "registry_copy",
    "recorded_run",
    "file_upload",
    "erasure",
    "expiry",
    "seal_block",
    "seal_part",
    "seal_check",
]
"""All tables of the application; the test below compares them with the real ones."""

UNREAD = (
    "review_note",
    "letter_reason",
    "api_key",
    "model_turn",
    "challenger_score",
    "recorded_run",
    "recovery_code",
    "erasure",
    "expiry",
    "seal_part",
    "seal_check",
    "schema_step",
)
"""Tables that no route needs in the test: no review, key, change, challenger, file, second factor or seal."""

NUMBER = re.compile(r"<int:[a-z_]+>")

TODAY = str(datetime.now(UTC).date())

SLOW = ("/models/promote", "/models/rollback", "/api/reload-model")
"""Routes that wait for a process which loads MLflow."""


def rename(database: Path, table: str, new: str) -> None:
    """Rename a table behind the application's back, as a failed migration could leave it."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute(f"ALTER TABLE {table} RENAME TO {new}")
    connection.close()


@pytest.fixture
def admin(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


def requests(app: Flask, decision_id: str, token: str) -> list[tuple[str, str, dict[str, Any]]]:
    """One request to each route: method, path, and what it sends."""
    bodies: dict[str, dict[str, Any]] = {
        "/": {"data": {"csrf_token": token, **form_data()}},
        "/earlier": {"data": {"csrf_token": token, "reference": "known"}},
        "/sign-in": {"data": {"csrf_token": token, "name": "the admin", "password": "x" * 12}},
        "/decisions/<decision_id>/review": {
            "data": {
                "csrf_token": token,
                "outcome": "approve",
                "reason": "other",
                "note": "seen",
                "after": "",
                "confirmed": "approve",
            }
        },
        **{
            f"/decisions/{path}": {"data": {"csrf_token": token, "words": "seen"}}
            for path in (
                "waiting/next",
                "views",
                "views/<int:view_id>/delete",
                "export",
                "<decision_id>/notes",
                "<decision_id>/take",
                "<decision_id>/release",
                "<decision_id>/escalate",
                "<decision_id>/give-back",
            )
        },
        "/decisions/<decision_id>/outcomes": {
            "data": {"csrf_token": token, "kind": "repaid", "date": TODAY}
        },
        "/policy": {
            "data": {
                "csrf_token": token,
                "approve_from": "0.8",
                "refer_from": "0.5",
                "cost_ratio": "5",
                "referral_cost": "0",
                "reason": "to try",
                "instead_of": "default-1",
            }
        },
        "/proposals/<int:proposal_id>": {"data": {"csrf_token": token, "verdict": "rejected"}},
        "/keys": {
            "data": {"csrf_token": token, "name": "a program", "days": "1", "scopes": "predict"}
        },
        "/people": {"data": {"csrf_token": token, "name": "somebody new", "role": "officer"}},
        "/people/<int:person_id>/role": {"data": {"csrf_token": token, "role": "admin"}},
        "/account/sessions/end": {"data": {"csrf_token": token, "session": "others"}},
        "/api/predict": {"json": EXAMPLE, "headers": {"Idempotency-Key": "a test"}},
        "/api/outcomes": {
            "json": {
                "decision_id": decision_id,
                "kind": "repaid",
                "date": TODAY,
            }
        },
        "/api/predict-batch": {"json": {"applications": [EXAMPLE]}},
    }
    return [
        (
            method,
            NUMBER.sub("1", rule.rule.replace("<decision_id>", decision_id)),
            bodies.get(rule.rule, {}),
        )
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
        if rule.rule not in (*SLOW, "/sign-out") and "filename" not in rule.rule
    ]


def test_the_tables_are_all_named(app: Flask) -> None:
    """A new table has to be tried too."""
    assert set(TABLES) == db.metadata.tables.keys()


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_never_answers_500(
    app: Flask, admin: StrictClient, database: Path, table: str
) -> None:
    """Each route answers, with 503 where it needs the table."""
    app.extensions["registry_listing"] = lambda _work: None
    declined = admin.post("/api/predict", json=POOR).get_json()["decision_id"]
    token = csrf_token(admin.get("/").text)
    load_past_model.cache_clear()
    rename(database, table, "gone")
    statuses = {}
    for method, path, body in requests(app, declined, token):
        answer = admin.open(path, method=method, **body)
        statuses[f"{method} {path}"] = answer.status_code
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == "5"
    assert 500 not in statuses.values(), statuses
    assert 503 in statuses.values() or table in UNREAD, statuses


def test_a_lock_file_that_cannot_be_opened_is_503(
    client: StrictClient, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A read-only folder, or a lock file of another user, has the same effect."""
    lock = Path(f"{database}-turn")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    assert client.post("/api/predict", json=EXAMPLE).status_code == 503
    assert client.get("/api/health").status_code == 503
    assert "IsADirectoryError" in caplog.text


def test_the_log_names_the_database_error(
    client: StrictClient, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator must see why decisions cannot be recorded."""
    rename(database, "decision_answers", "gone")
    assert client.post("/api/predict", json=EXAMPLE).status_code == 503
    assert (
        "the decision could not be recorded; no decision was made: OperationalError" in caplog.text
    )
    assert "no such table" in caplog.text


def test_a_refused_review_shows_the_newer_one(
    app: Flask, officer: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it was recorded after the decision was loaded."""
    made = officer.post("/api/predict", json=POOR).get_json()["decision_id"]
    token = csrf_token(officer.get(f"/decisions/{made}").text)
    load = stored.load

    def review_after_loading(decision_id: str) -> StoredDecision:
        loaded = load(decision_id)
        if not loaded.reviews:
            reviews.record(
                loaded.decision, SentReview("approve", "documents", "I was first"), A_TEST, None
            )
        return loaded

    monkeypatch.setattr(stored, "load", review_after_loading)
    review = {
        "csrf_token": token,
        "outcome": "decline",
        "reason": "other",
        "note": "second",
        "after": "",
        "confirmed": "decline",
    }
    answer = officer.post(f"/decisions/{made}/review", data=review)
    assert answer.status_code == 409
    assert "I was first" in answer.text
