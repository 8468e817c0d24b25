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
from creditapp.web.rate_limits import SweptSeldom
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
    """A batch that asks for more than is left costs nothing, while something is left."""
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
    """Eleven count, twenty seconds into a minute; after forty more they weigh less and less."""
    clock.advance(20)
    assert batch(app, 10) == 200
    answer = app.test_client().post("/api/predict", json=EXAMPLE)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "46"
    assert answer.mimetype == "application/problem+json"
    assert (answer.json or {})["detail"] == "The limit is 10 per 1 minute."


def test_an_allowance_comes_back_bit_by_bit(app: Flask, clock: Clock) -> None:
    """In the next minute the last one counts by the part of it that lies within sixty seconds."""
    assert batch(app, 10) == 200
    clock.advance(60)
    assert batch(app, 1) == 429
    clock.advance(30)
    assert batch(app, 6) == 429, "five are left, and the refused request counts too"
    assert batch(app, 4) == 200
    clock.advance(60)
    assert batch(app, 7) == 200


def test_who_waits_as_told_is_let_through(app: Flask, clock: Clock) -> None:
    """`Retry-After` holds, however much was refused before; two periods are the longest wait."""
    for start, refused in [(0, 1), (59, 30), (30, 500)]:
        clock.advance(start)
        for _ in range(refused + 10):
            answer = app.test_client().post("/api/predict", json=EXAMPLE)
        assert answer.status_code == 429
        wait = int(answer.headers["Retry-After"])
        assert 0 < wait <= 120
        clock.advance(wait)
        assert batch(app, 1) == 200


def test_who_does_not_wait_is_let_through_less(app: Flask, clock: Clock) -> None:
    """Ten minutes of two requests a second, against ten minutes of one in six seconds."""
    let_through = {1: 0, 12: 0}
    for pause in let_through:
        clock.advance(600)
        for step in range(1200):
            clock.advance(0.5)
            if step % pause == 0:
                let_through[pause] += batch(app, 1) == 200
    assert let_through[12] == 100
    assert let_through[1] <= 10


def test_clients_are_counted_apart_by_address(app: Flask) -> None:
    """One does not use up what is another's."""
    assert batch(app, 10) == 200
    assert batch(app, 1) == 429
    assert batch(app, 10, address="127.0.0.2") == 200


@pytest.mark.parametrize(
    "written",
    [
        *("::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:0201", "::ffff:C000:201"),
        *("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1:4711", "[::ffff:192.0.2.1]:4711", " 192.0.2.1 "),
    ],
)
def test_one_client_is_counted_once_however_it_is_written(app: Flask, written: str) -> None:
    """Also as a listed proxy may write it."""
    assert batch(app, 10, address="192.0.2.1") == 200
    assert batch(app, 1, address=written) == 429


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("2001:db8:1:2:ffff::7", 429),
        ("2001:DB8:1:2:0:0:0:8", 429),
        ("[2001:db8:1:2::9]:4711", 429),
        ("2001:db8:1:2::1%eth0", 429),
        ("2001:db8:1:3::1", 200),
        ("192.0.2.1", 200),
    ],
)
def test_a_network_of_ipv6_is_one_client(app: Flask, written: str, status: int) -> None:
    """One subscriber has 2^64 addresses."""
    assert batch(app, 10, address="2001:db8:1:2::1") == 200
    assert batch(app, 1, address=written) == status


def test_whatever_is_no_address_is_one_client(app: Flask) -> None:
    """Invented names get no allowance of their own."""
    assert batch(app, 10, address="unknown") == 200
    assert batch(app, 1, address="_hidden") == 429
    assert batch(app, 1, address="192.0.2.999") == 429


@pytest.mark.parametrize("listed", ["192.0.2.9", "::ffff:192.0.2.9", "::ffff:192.0.2.0/120"])
def test_a_mapped_proxy_is_the_listed_proxy(settings: Settings, listed: str) -> None:
    """A service that listens on both protocols sees IPv4 addresses as mapped ones."""
    proxied = replace(settings, scoring_limit="10 per minute", proxies=(listed,))
    app = create_app(proxied)
    for client, status in [
        ("198.51.100.1", 200),
        ("198.51.100.2", 200),
        ("::ffff:198.51.100.1", 429),
    ]:
        answer = app.test_client().post(
            "/api/predict-batch",
            json={"applications": [EXAMPLE] * 10},
            headers={"X-Forwarded-For": client},
            environ_base={"REMOTE_ADDR": "::ffff:192.0.2.9"},
        )
        assert answer.status_code == status


def test_a_right_sign_in_costs_nothing(settings: Settings, people: dict[Role, str]) -> None:
    """An office behind one address signs in as often as it likes; wrong passwords are limited."""
    app = create_app(replace(settings, sign_in_limit="3 per minute"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    for _ in range(8):
        assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 302
    for _ in range(3):
        assert client.sign_in("the officer", "wrong").status_code == 401
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 429


def test_a_right_sign_in_forgives_no_wrong_one(settings: Settings, people: dict[Role, str]) -> None:
    """Who has an account cannot go on guessing another's by signing in between."""
    app = create_app(replace(settings, sign_in_limit="3 per minute"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    statuses = []
    for _ in range(4):
        statuses.append(client.sign_in("the admin", "guess").status_code)
        client.sign_in("the officer", people[Role.OFFICER])
    assert statuses == [401, 401, 401, 429]


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


def test_what_is_over_is_swept_seldom(clock: Clock) -> None:
    """By itself the library would start a thread for each of these."""
    storage = SweptSeldom()
    sweeps = []
    for seconds in (0, 1, 8, 1, 5, 5):
        clock.advance(seconds)
        storage.incr("a", 60)
        sweeps.append(storage._sweep)
        storage._sweep.join()
    assert len({id(one) for one in sweeps}) == 3
    assert [one is sweeps[0] for one in sweeps] == [True, True, True, False, False, False]
