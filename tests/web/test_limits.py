"""How much one client may ask for."""

from dataclasses import replace

import pytest
from flask import Flask
from limits import strategies
from limits.storage import memory

from creditapp.factory import create_app
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from creditapp.web import rate_limits
from tests.clients import POOR, StrictClient
from tests.clock import Clock, stop_clock
from tests.portfolios import EXAMPLE


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time for what counts requests."""
    return stop_clock(monkeypatch, rate_limits, memory, strategies)


@pytest.fixture
def app(settings: Settings) -> Flask:
    """An application that lets one client score ten applications a minute."""
    return create_app(replace(settings, scoring_limit="10 per minute"))


def test_a_batch_costs_its_rows(app: Flask) -> None:
    """What is refused costs nothing."""
    client = app.test_client()
    assert batch(app, 8) == 200
    assert batch(app, 3) == 429
    assert batch(app, 2) == 200
    assert client.post("/api/predict", json=EXAMPLE).status_code == 429


@pytest.mark.parametrize(
    "path", ["/api/decisions", "/api/decisions/{}", "/api/decisions/{}/alternatives"]
)
def test_reading_has_a_limit(settings: Settings, path: str) -> None:
    """A client with a valid key cannot copy the record without pause; scoring goes on."""
    client = create_app(replace(settings, reading_limit="2 per minute")).test_client()
    decided = client.post("/api/predict", json=POOR).get_json()["decision_id"]
    statuses = [client.get(path.format(decided)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200


@pytest.mark.parametrize(
    "path", ["/decisions", "/decisions/waiting", "/decisions/{}", "/decisions/{}/notice"]
)
def test_people_read_within_a_limit_too(
    settings: Settings, people: dict[Role, str], path: str
) -> None:
    """Each page counts."""
    app = create_app(replace(settings, reading_limit="2 per minute"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    decided = client.post("/api/predict", json=POOR).get_json()["decision_id"]
    client.sign_in("the officer", people[Role.OFFICER])
    statuses = [client.get(path.format(decided)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_429_says_when_to_try_again(app: Flask, clock: Clock) -> None:
    """Twenty seconds into a minute, the next minute of counting begins forty seconds later."""
    clock.advance(20)
    assert batch(app, 10) == 200
    answer = app.test_client().post("/api/predict", json=EXAMPLE)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "40"
    assert answer.mimetype == "application/problem+json"
    assert (answer.json or {})["detail"] == "The limit is 10 per 1 minute."


def test_an_allowance_comes_back_bit_by_bit(app: Flask, clock: Clock) -> None:
    """In the next minute the last one counts by the part of it that lies within sixty seconds."""
    assert batch(app, 10) == 200
    clock.advance(60)
    assert batch(app, 1) == 429
    clock.advance(30)
    assert batch(app, 6) == 429
    assert batch(app, 5) == 200
    clock.advance(60)
    assert batch(app, 7) == 200


def test_clients_are_counted_apart_by_address(app: Flask) -> None:
    """One does not use up what is another's."""
    assert batch(app, 10) == 200
    assert batch(app, 1) == 429
    assert batch(app, 10, address="127.0.0.2") == 200


def test_where_redis_is_away_a_local_limit_holds(settings: Settings) -> None:
    """Neither none, nor a failure: nothing listens on this port."""
    away = replace(settings, scoring_limit="10 per minute", limits_storage="redis://127.0.0.1:9/0")
    app = create_app(away)
    assert batch(app, 8) == 200
    assert batch(app, 3) == 429


def batch(app: Flask, rows: int, address: str = "127.0.0.1") -> int:
    """The status of a batch of so many rows, from an address."""
    body = {"applications": [EXAMPLE] * rows}
    answer = app.test_client().post(
        "/api/predict-batch", json=body, environ_base={"REMOTE_ADDR": address}
    )
    return answer.status_code
