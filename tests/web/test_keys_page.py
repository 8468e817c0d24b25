"""The pages on which an admin manages the keys of programs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from creditapp.database.session import writing
from creditapp.identity import api_keys, audit
from creditapp.identity.api_keys import ApiKey, Scope
from creditapp.identity.people import Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.web.pages.keys import SCOPES
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.engines import on_both
from tests.portfolios import EXAMPLE

People = dict[Role, str]
Send = Callable[..., TestResponse]


@pytest.fixture
def admin(client: StrictClient, people: People) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


@pytest.fixture
def send(admin: StrictClient) -> Send:
    """Sends a form of the pages about keys."""

    def post(path: str, **fields: object) -> TestResponse:
        token = csrf_token(admin.get("/keys").text)
        return admin.post(path, data={"csrf_token": token, **fields})

    return post


def shown_key(answer: TestResponse) -> str:
    """The key that a page shows."""
    [key] = re.findall(r'id="new-key">([^<]+)<', answer.text)
    return str(key)


def scored(app: Flask, key: str) -> int:
    """The status that the API answers with to an application."""
    headers = {"Authorization": f"Bearer {key}"}
    return app.test_client().post("/api/predict", json=EXAMPLE, headers=headers).status_code


def test_a_key_is_made_used_and_revoked(app: Flask, send: Send, admin: StrictClient) -> None:
    """It is shown once, opens what its scopes say, and nothing after its end."""
    scopes = ["predict", "model:read"]
    key = shown_key(send("/keys", name="loan desk", days="30", scopes=scopes))
    key_id = key.split("_")[1]
    page = admin.get("/keys").text
    assert ("loan desk" in page, key_id in page, key in page) == (True, True, False)
    assert scored(app, key) == 200
    done = send(f"/keys/{key_id}/revoke")
    assert (done.status_code, done.headers["Location"]) == (302, "/keys")
    assert scored(app, key) == 401
    assert "Revoke this key" not in admin.get(f"/keys/{key_id}").text
    with app.app_context():
        found = api_keys.find(key_id)
        told = [(one.actor, one.action) for one in audit.find_about(f"{key_id} loan desk")]
    assert set(found.scopes) == set(scopes)
    assert found.expires_at
    assert timedelta(days=29) < found.expires_at - datetime.now(UTC) < timedelta(days=31)
    assert told == [("person:the admin", "key added"), ("person:the admin", "key revoked")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "desk", "days": "30"}, "at least one scope"),
        ({"name": " ", "days": "30", "scopes": "predict"}, "1 to 80 printable characters"),
        ({"name": "desk", "days": "0", "scopes": "predict"}, "a whole number from 1 to 3650"),
        ({"name": "desk", "days": "ten", "scopes": "predict"}, "Not a valid integer"),
        ({"name": "desk", "days": "30", "scopes": "everything"}, "not a valid choice"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_on_the_page(
    app: Flask, send: Send, fields: dict[str, str], said: str
) -> None:
    """With what is wrong; no key is made, and what was typed is kept."""
    answer = send("/keys", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{fields["days"]}"' in answer.text
    with app.app_context():
        assert api_keys.list_all() == []


@on_both
def test_the_last_use_of_a_key_is_kept_to_the_hour(app: Flask) -> None:
    """One use writes it; the next ones write nothing until an hour has gone."""
    with app.app_context():
        text = api_keys.add("desk", [Scope.PREDICT], None, A_TEST)
        key_id = text.split("_")[1]
        assert api_keys.find(key_id).last_used_at is None
        assert api_keys.holder(text)
        first = api_keys.find(key_id).last_used_at
        assert first
        assert api_keys.holder(text)
        assert api_keys.find(key_id).last_used_at == first
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        with writing() as session:
            session.execute(update(ApiKey).values(last_used_at=long_ago))
        assert api_keys.holder(text)
        assert (api_keys.find(key_id).last_used_at or long_ago) > first - timedelta(seconds=1)


def test_a_refused_key_is_not_used(app: Flask) -> None:
    """A key that is over keeps the time when it still opened something."""
    with app.app_context():
        over = datetime.now(UTC) - timedelta(days=1)
        text = api_keys.add("desk", [Scope.PREDICT], over, A_TEST)
        assert api_keys.holder(text) is None
        found = api_keys.find(text.split("_")[1])
    assert (found.last_used_at, found.state) == (None, "expired")


def test_an_old_sign_in_makes_and_revokes_no_key(app: Flask, send: Send, people: People) -> None:
    """The password is asked for again."""
    with app.app_context(), writing() as session:
        then = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(update(SignIn).values(confirmed_at=then))
    form = {"name": "desk", "days": "30", "scopes": "predict"}
    assert send("/keys", **form).status_code == 403
    key = shown_key(send("/keys", **form, confirm_password=people[Role.ADMIN]))
    with app.app_context(), writing() as session:
        session.execute(update(SignIn).values(confirmed_at=then))
    assert send(f"/keys/{key.split('_')[1]}/revoke").status_code == 403
    assert scored(app, key) == 200


def test_each_scope_is_explained(admin: StrictClient) -> None:
    """In words, beside its name."""
    page = admin.get("/keys").text
    assert SCOPES.keys() == set(Scope)
    for scope, text in SCOPES.items():
        assert scope.value in page
        assert str(text) in page


def test_an_unknown_key_is_not_found(admin: StrictClient) -> None:
    """Whatever it is called."""
    for key_id in ("0123456789ab", "x" * 300, "%00", "é"):
        assert admin.get(f"/keys/{key_id}").status_code == 404
