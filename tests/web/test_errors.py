"""Every documented error has its status and its shape."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from creditapp.database.engine import db
from creditapp.database.session import writing
from creditapp.decisions import log as decision_log
from creditapp.factory import create_app
from creditapp.serving import remote_commands
from creditapp.settings.settings import Settings
from creditapp.web.access import ANYONE, open_to
from tests.clients import StrictClient
from tests.clock import stop_clock
from tests.portfolios import EXAMPLE

JSON = {"Content-Type": "application/json"}


def assert_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The answer is a problem document of this status that gives nothing away."""
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.data)
    assert {"type", "title", "status", "detail", "request_id"} <= body.keys()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert body["detail"]
    for secret in ("Traceback", "/site-packages/", "sqlite", "SELECT", "INSERT", ".py"):
        assert secret not in answer.text
    return body


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a": NaN}', b'{"a":1,"a":2}', b"[" * 2000, b"\xff", b'{"a": 1e999}'],
)
@pytest.mark.parametrize("path", ["/api/predict", "/api/predict-batch"])
def test_400_for_what_is_not_strict_json(client: StrictClient, path: str, body: bytes) -> None:
    """Whatever the bytes, the answer is a sentence."""
    assert_problem(client.post(path, data=body, headers=JSON), 400)


@pytest.mark.parametrize("path", ["/api/nothing", "/api/decisions/x", f"/api/decisions/{'0' * 32}"])
def test_404_for_what_is_not_there(client: StrictClient, path: str) -> None:
    """Unknown routes and unknown decisions alike."""
    assert_problem(client.get(path), 404)


def test_405_names_the_methods_that_are_allowed(client: StrictClient) -> None:
    """As HTTP asks for."""
    answer = client.get("/api/predict")
    assert_problem(answer, 405)
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_413_for_a_body_over_the_limit(settings: Settings) -> None:
    """The limit is a setting."""
    client = create_app(replace(settings, max_body_bytes=10_000)).test_client()
    answer = client.post("/api/predict", data=b" " * 10_001, headers=JSON)
    assert_problem(answer, 413)


def test_413_for_more_applications_than_the_limit(settings: Settings) -> None:
    """The detail says how many are accepted."""
    client = create_app(replace(settings, max_batch=2)).test_client()
    answer = client.post("/api/predict-batch", json={"applications": [{}] * 3})
    assert "at most 2" in assert_problem(answer, 413)["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_415_for_a_body_that_does_not_call_itself_json(
    client: StrictClient, content_type: str
) -> None:
    """A form of another page cannot score."""
    answer = client.post("/api/predict", data=json.dumps(EXAMPLE), content_type=content_type)
    assert_problem(answer, 415)


def test_415_for_a_compressed_body(client: StrictClient) -> None:
    """It is not read as what it is not."""
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert_problem(client.post("/api/predict", data=b"\x1f\x8b", headers=headers), 415)


def test_503_while_another_reload_is_under_way(client: StrictClient) -> None:
    """Each holds a thread for seconds, so they do not queue up."""
    with remote_commands._changing:
        assert_problem(client.post("/api/reload-model"), 503)


def test_422_for_an_application_that_breaks_the_rules(client: StrictClient) -> None:
    """With the messages by field."""
    body = assert_problem(client.post("/api/predict", json={**EXAMPLE, "Age in years": 17}), 422)
    assert list(body["errors"]) == ["Age in years"]


@pytest.mark.parametrize("value", [[], 1, "text", None, True])
def test_422_for_json_that_is_no_object(client: StrictClient, value: object) -> None:
    """There are no fields to name."""
    assert_problem(client.post("/api/predict", data=json.dumps(value), headers=JSON), 422)


def test_500_gives_nothing_away(app: Flask, client: StrictClient) -> None:
    """An error that nobody expected has an id to look it up by."""
    app.view_functions["api.live"] = open_to(ANYONE)(lambda: 1 / 0)
    assert_problem(client.get("/api/live"), 500)


def test_503_without_a_model(settings: Settings, tmp_path: Path) -> None:
    """A service with an empty database is up, and says what it cannot do."""
    app = create_app(replace(settings, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))
    client = app.test_client()
    for answer in (
        client.post("/api/predict", json=EXAMPLE),
        client.get("/api/model-info"),
        client.get("/api/catalogue"),
    ):
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"] == "5"
    health = client.get("/api/health")
    assert health.status_code == 503
    assert (health.json or {})["status"] == "unavailable"
    assert client.get("/api/live").status_code == 200


def break_the_log(app: Flask) -> None:
    """Let the database refuse every new decision and every probe."""
    with app.app_context(), writing() as session:
        for table in ("decision", "log_probe"):
            session.execute(
                text(
                    f"CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            )


def test_503_where_the_decision_cannot_be_recorded(app: Flask, client: StrictClient) -> None:
    """What is not recorded is not decided, on every road; health says so."""
    break_the_log(app)
    for path, body in (
        ("/api/predict", EXAMPLE),
        ("/api/predict-batch", {"applications": [EXAMPLE]}),
    ):
        answer = client.post(path, json=body)
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"]
        assert "probability" not in answer.text
    assert client.get("/api/health").status_code == 503
    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM decision_answers")).scalar() == 0


def test_health_asks_the_log_again_after_a_second(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within it a success is good, as each question costs a commit."""
    clock = stop_clock(monkeypatch, decision_log)
    monkeypatch.setattr(decision_log._probe, "good_until", 0.0)
    assert client.get("/api/health").status_code == 200
    with app.app_context(), writing() as session:
        session.execute(text("DROP TABLE log_probe"))
    clock.advance(0.5)
    assert client.get("/api/health").status_code == 200
    clock.advance(0.5)
    assert client.get("/api/health").status_code == 503


def test_pages_show_a_page(client: StrictClient) -> None:
    """People get HTML with the request's id."""
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert answer.headers["X-Request-ID"] in answer.text


def test_errors_carry_the_protecting_headers_too(client: StrictClient) -> None:
    """As every answer does."""
    for path in ("/", "/nothing", "/api/nothing", "/api/live", "/apidocs"):
        headers = client.get(path).headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_other_origins_are_refused_unless_listed(settings: Settings) -> None:
    """A browser lets a foreign page read only where this header names it."""
    origin = {"Origin": "https://partner.example"}
    closed = create_app(settings).test_client().get("/api/live", headers=origin)
    assert "Access-Control-Allow-Origin" not in closed.headers
    listed = replace(settings, cors_origins=("https://partner.example",))
    opened = create_app(listed).test_client().get("/api/live", headers=origin)
    assert opened.headers["Access-Control-Allow-Origin"] == "https://partner.example"
