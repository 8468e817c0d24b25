"""How much one client may ask for."""

from dataclasses import replace

import pytest
from flask import Flask

from creditapp.applications.catalogue import EXAMPLE
from creditapp.factory import create_app
from creditapp.settings.settings import Settings


@pytest.fixture
def app(settings: Settings) -> Flask:
    """An application that lets one client score ten applications a minute."""
    return create_app(replace(settings, scoring_limit="10 per minute"))


def test_a_batch_costs_its_rows_and_429_says_when_to_try_again(app: Flask) -> None:
    """What is refused costs nothing."""
    client = app.test_client()
    assert batch(app, 8) == 200
    assert batch(app, 3) == 429
    answer = client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 3})
    assert 0 < int(answer.headers["Retry-After"]) <= 120
    assert answer.mimetype == "application/problem+json"
    assert (answer.json or {})["detail"] == "The limit is 10 per 1 minute."
    assert batch(app, 2) == 200
    assert client.post("/api/predict", json=EXAMPLE).status_code == 429


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
