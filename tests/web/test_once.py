"""Requests with an `Idempotency-Key`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from creditapp.database.session import reading, writing
from creditapp.decisions import once
from creditapp.decisions.log import Decision
from creditapp.decisions.once import KeptAnswer, State
from creditapp.identity import api_keys
from creditapp.identity.api_keys import Scope
from creditapp.serving import remote_commands
from creditapp.serving.deployments import Switch
from tests.actors import A_TEST
from tests.clients import StrictClient, example
from tests.engines import on_both

KEY = "5f0c1a1e-1d7a-4d5e-8f8e-2f8a4e6f1c11"


def send(
    client: StrictClient, key: str = KEY, path: str = "/api/predict", **more: Any
) -> TestResponse:
    """One application under a key."""
    given = {"json": example(), "headers": {"Idempotency-Key": key}, **more}
    return client.post(path, **given)


def count(app: Flask) -> int:
    """How many decisions there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


def change(app: Flask, **values: Any) -> None:
    """Change all kept answers."""
    with app.app_context(), writing() as session:
        session.execute(update(KeptAnswer).values(**values))


@on_both
def test_a_repeat_gets_the_first_answer_byte_for_byte(app: Flask, client: StrictClient) -> None:
    """One decision, and the second answer says that it is a repeat."""
    first, second = send(client), send(client)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.data == first.data
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.content_type == first.content_type
    assert count(app) == 1


@on_both
def test_fifty_at_once_are_one_decision_and_fifty_equal_answers(
    app: Flask, client: StrictClient
) -> None:
    """Whoever comes second waits for the first's commit."""
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: send(app.test_client()), range(50)))  # type: ignore[arg-type]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 49
    assert count(app) == 1


@on_both
def test_many_keys_at_once_are_answered_whatever_their_order(
    app: Flask, client: StrictClient
) -> None:
    """Twenty keys, each three times, in mixed order: one decision for each key."""
    keys = [f"key {number * 7 % 20}" for number in range(60)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda key: (key, send(app.test_client(), key)), keys))  # type: ignore[arg-type]
    assert {answer.status_code for _, answer in answers} == {200}
    assert len({(key, answer.data) for key, answer in answers}) == 20
    assert count(app) == 20


def test_a_batch_is_repeated_whole(app: Flask, client: StrictClient) -> None:
    """With its own time and the positions of its wrong rows."""
    body = {"applications": [example(), example(Purpose="?")], "on_error": "report"}
    first = send(client, path="/api/predict-batch", json=body)
    second = send(client, path="/api/predict-batch", json=body)
    assert first.status_code == 200
    assert second.data == first.data
    assert count(app) == 1


def test_another_body_or_another_route_under_a_key_is_refused(
    app: Flask, client: StrictClient
) -> None:
    """Nothing is decided, and the message says what to do."""
    send(client)
    other = send(client, json=example(Age_in_years=40))
    assert other.status_code == 422
    assert "use a new key for each request" in other.get_json()["detail"]
    batch = send(client, path="/api/predict-batch", json=example())
    assert batch.status_code == 422
    assert count(app) == 1


def test_clients_do_not_share_keys(app: Flask, client: StrictClient) -> None:
    """The same key of two API keys is two requests."""
    with app.app_context():
        keys = [api_keys.add(name, [Scope.PREDICT], None, A_TEST) for name in ("one", "two")]
    answers = [
        send(client, headers={"Idempotency-Key": KEY, "Authorization": f"Bearer {key}"})
        for key in keys
    ]
    assert answers[0].get_json()["decision_id"] != answers[1].get_json()["decision_id"]


def test_quotation_marks_are_not_part_of_a_key(client: StrictClient) -> None:
    """The draft writes the key as a string with quotation marks."""
    assert send(client, f'"{KEY}"').data == send(client).data


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "Schlüssel", "tab\there"])
def test_what_cannot_be_a_key_is_refused(app: Flask, client: StrictClient, key: str) -> None:
    """And nothing is decided."""
    answer = send(client, key)
    assert answer.status_code == 400
    assert "1 to 255 printable ASCII characters" in answer.get_json()["detail"]
    assert count(app) == 0


def test_a_request_that_was_refused_may_be_corrected_under_its_key(
    app: Flask, client: StrictClient
) -> None:
    """Only what was done is kept."""
    assert send(client, json=example(Purpose="?")).status_code == 422
    assert send(client).status_code == 200
    assert count(app) == 1


def test_a_key_is_free_again_after_its_time(app: Flask, client: StrictClient) -> None:
    """After 24 hours, and not after 23."""
    first = send(client)
    change(app, made_at=datetime.now(UTC) - timedelta(hours=23))
    assert send(client).data == first.data
    change(app, made_at=datetime.now(UTC) - timedelta(hours=25))
    again = send(client)
    assert again.status_code == 200
    assert again.get_json()["decision_id"] != first.get_json()["decision_id"]
    assert send(client).data == again.data


def test_an_erased_answer_is_not_given_and_not_made_again(app: Flask, client: StrictClient) -> None:
    """410, and it says that nothing was done a second time."""
    send(client)
    change(app, state=State.ERASED.value, answer=None)
    answer = send(client)
    assert answer.status_code == 410
    assert "it was not done a second time" in answer.get_json()["detail"]
    assert count(app) == 1


def test_without_a_key_each_request_is_a_decision(app: Flask, client: StrictClient) -> None:
    """As before."""
    assert client.post("/api/predict", json=example()).status_code == 200
    assert client.post("/api/predict", json=example()).status_code == 200
    assert count(app) == 2


@pytest.fixture
def reloads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The reloads that were made; the registry itself is not asked."""
    made: list[int] = []

    def reload(_actor: object) -> Switch:
        made.append(len(made))
        return Switch("2", "1")

    monkeypatch.setattr(remote_commands, "reload", reload)
    return made


def test_a_repeated_reload_is_done_once(client: StrictClient, reloads: list[int]) -> None:
    """The second answer is the first."""
    first = send(client, path="/api/reload-model", json=None)
    second = send(client, path="/api/reload-model", json=None)
    assert (first.status_code, second.data, len(reloads)) == (200, first.data, 1)


def test_a_reload_under_way_is_a_conflict_that_passes(
    app: Flask, client: StrictClient, reloads: list[int]
) -> None:
    """409 with `Retry-After`; after some minutes without an end it may be sent again."""
    first = send(client, path="/api/reload-model", json=None)
    change(app, state=State.RUNNING.value, answer=None)
    meanwhile = send(client, path="/api/reload-model", json=None)
    assert meanwhile.status_code == 409
    assert int(meanwhile.headers["Retry-After"]) > 0
    change(app, made_at=datetime.now(UTC) - once.LONGEST_RUN - timedelta(seconds=1))
    later = send(client, path="/api/reload-model", json=None)
    assert (first.status_code, later.status_code, len(reloads)) == (200, 200, 2)


def test_a_failed_reload_may_be_sent_again_at_once(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch, reloads: list[int]
) -> None:
    """Its key is free again."""

    def fail(_actor: object) -> Switch:
        raise RuntimeError("a test")

    with monkeypatch.context() as patched:
        patched.setattr(remote_commands, "reload", fail)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        assert send(client, path="/api/reload-model", json=None).status_code == 500
    assert send(client, path="/api/reload-model", json=None).status_code == 200
