"""The pages on which an admin manages people."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import html5lib
import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from creditapp.database.session import reading, writing
from creditapp.identity import audit, second_factor
from creditapp.identity import people as people_table
from creditapp.identity.people import Person, Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.web.pages import people as people_page
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.engines import on_both

People = dict[Role, str]
GOOD = "thirteen purple kettles"
Send = Callable[..., TestResponse]


@pytest.fixture
def admin(client: StrictClient, people: People) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


@pytest.fixture
def send(admin: StrictClient) -> Send:
    """Sends a form of the pages about people."""

    def post(path: str, **fields: str) -> TestResponse:
        token = csrf_token(admin.get("/people").text)
        return admin.post(path, data={"csrf_token": token, **fields})

    return post


def number_of(app: Flask, name: str) -> int:
    """The number of a person."""
    with app.app_context(), reading() as session:
        return session.scalars(select(Person.id).where(Person.name == name)).one()


def another_client(app: Flask) -> StrictClient:
    """Another browser."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    return client


def told(client: StrictClient) -> list[str]:
    """The messages of success that wait for the next page."""
    with client.session_transaction() as session:
        return [text for _, text in session.get("_flashes", [])]


def events_about(app: Flask, name: str) -> list[tuple[str, str, str]]:
    """Who did what to a person: actor, action, detail."""
    with app.app_context():
        return [(one.actor, one.action, one.detail) for one in audit.find_about(name)]


@on_both
def test_an_admin_sees_who_may_sign_in(app: Flask, admin: StrictClient) -> None:
    """With role, state, second factor, and the last sign-in where there was one."""
    with app.app_context():
        people_table.disable("the officer", A_TEST)
        analyst = number_of(app, "the analyst")
        secret = second_factor.new_secret()
        code = pyotp.TOTP(secret).now()
        assert second_factor.set_up(analyst, secret, code, "service secret", A_TEST)
    page = html5lib.parse(admin.get("/people").text, namespaceHTMLElements=False)
    rows = {
        str(row[0][0].text): ["".join(cell.itertext()) for cell in row[1:]]
        for row in page.findall(".//table[@id='people']/tbody/tr")
    }
    assert rows["the officer"] == [
        *("officer", "disabled", "not set up", "password", "none on record")
    ]
    assert rows["the analyst"][:3] == ["analyst", "active", "set up"]
    assert str(datetime.now(UTC).year) in rows["the admin"][4]


def test_who_is_added_with_a_generated_password_signs_in_with_it(
    app: Flask, send: Send, admin: StrictClient
) -> None:
    """It is shown once, and nowhere else."""
    answer = send("/people", name="Ann", role="analyst", password="")
    assert answer.status_code == 200
    [password] = re.findall(r'id="new-password">([^<]+)<', answer.text)
    assert len(password) >= 20
    assert password not in admin.get("/people").text
    assert another_client(app).sign_in("Ann", password).status_code == 302
    assert ("person:the admin", "person added", "analyst") in events_about(app, "Ann")


def test_a_typed_password_is_not_shown_again(app: Flask, send: Send, admin: StrictClient) -> None:
    """The success is told on the next page."""
    answer = send("/people", name="Ann", role="officer", password=GOOD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people")
    assert told(admin) == ["Ann is added and may sign in."]
    assert GOOD not in admin.get("/people").text
    assert another_client(app).sign_in("Ann", GOOD).status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "the officer", "role": "admin"}, "exists already"),
        ({"name": " ", "role": "officer"}, "1 to 80 printable characters"),
        ({"name": "Ann", "role": "owner"}, "Choose a role."),
        ({"name": "Ann", "role": "officer", "password": "short"}, "12 to 200 characters"),
        ({"name": "Ann\0", "role": "officer"}, "1 to 80 printable characters"),
    ],
)
def test_who_cannot_be_added_is_refused_on_the_page(
    app: Flask, send: Send, fields: dict[str, str], said: str
) -> None:
    """What was typed is kept, but for the password."""
    answer = send("/people", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    if fields["name"] == "Ann":
        assert 'value="Ann"' in answer.text
    assert "short" not in answer.text
    with app.app_context():
        assert len(people_table.list_people()) == 4


def test_a_new_role_counts_from_the_next_request_on(
    app: Flask, send: Send, admin: StrictClient, people: People
) -> None:
    """In a session that runs already."""
    officer = another_client(app)
    officer.sign_in("the officer", people[Role.OFFICER])
    assert officer.get("/models").status_code == 403
    answer = send(f"/people/{number_of(app, 'the officer')}/role", role="analyst")
    assert answer.status_code == 302
    assert told(admin) == ["the officer now has the role analyst."]
    assert officer.get("/policy").status_code == 200


def test_who_is_disabled_is_out_at_once_until_enabled(
    app: Flask, send: Send, people: People
) -> None:
    """The page offers the one that is possible."""
    number = number_of(app, "the officer")
    officer = another_client(app)
    officer.sign_in("the officer", people[Role.OFFICER])
    assert send(f"/people/{number}/disable").status_code == 302
    assert officer.get("/account").status_code == 302
    assert officer.sign_in("the officer", people[Role.OFFICER]).status_code == 401
    assert send(f"/people/{number}/enable").status_code == 302
    assert officer.sign_in("the officer", people[Role.OFFICER]).status_code == 302
    assert send(f"/people/{number}/enable").status_code == 422


def test_a_new_password_replaces_the_old_one(app: Flask, send: Send, people: People) -> None:
    """And ends what was begun with it."""
    number = number_of(app, "the officer")
    officer = another_client(app)
    officer.sign_in("the officer", people[Role.OFFICER])
    answer = send(f"/people/{number}/password", password="")
    [password] = re.findall(r'id="new-password">([^<]+)<', answer.text)
    assert officer.get("/account").status_code == 302
    assert officer.sign_in("the officer", people[Role.OFFICER]).status_code == 401
    assert officer.sign_in("the officer", password).status_code == 302
    assert send(f"/people/{number}/password", password=GOOD).status_code == 302
    assert officer.sign_in("the officer", GOOD).status_code == 302


def test_sessions_are_ended_and_counted(
    app: Flask, send: Send, admin: StrictClient, people: People
) -> None:
    """Each browser is out, and may come in again."""
    browsers = [another_client(app) for _ in range(2)]
    for one in browsers:
        one.sign_in("the officer", people[Role.OFFICER])
    assert send(f"/people/{number_of(app, 'the officer')}/sessions/end").status_code == 302
    assert told(admin) == ["the officer is signed out everywhere. Sessions that ended: 2."]
    assert [one.get("/account").status_code for one in browsers] == [302, 302]


def test_a_lost_second_factor_is_removed_with_a_reason(
    app: Flask, send: Send, admin: StrictClient
) -> None:
    """The reason is part of the event."""
    number = number_of(app, "the officer")
    with app.app_context():
        secret = second_factor.new_secret()
        code = pyotp.TOTP(secret).now()
        assert second_factor.set_up(number, secret, code, "service secret", A_TEST)
    path = f"/people/{number}/second-factor/remove"
    refused = send(path, reason=" ")
    assert refused.status_code == 422
    assert "Write how you know" in refused.text
    assert send(path, reason="came to my desk").status_code == 302
    with app.app_context():
        assert not second_factor.has_one(number)
    removed = ("person:the admin", "second factor removed", "came to my desk")
    assert removed in events_about(app, "the officer")
    assert "Remove the second factor" not in admin.get(f"/people/{number}").text


@pytest.mark.parametrize("change", ["role", "disable", "password", "sessions/end"])
def test_nobody_changes_their_own_account_here(
    app: Flask, send: Send, admin: StrictClient, change: str
) -> None:
    """So that nobody locks themselves out by mistake, and the last admin stays."""
    number = number_of(app, "the admin")
    answer = send(f"/people/{number}/{change}", role="officer", password=GOOD)
    assert answer.status_code == 422
    assert "This is your own account." in answer.text
    assert admin.get("/people").status_code == 200


@pytest.mark.parametrize("change", ["role", "disable"])
def test_the_last_other_admin_may_go(app: Flask, send: Send, change: str) -> None:
    """An active admin is left: the one who makes the change."""
    assert send(f"/people/{number_of(app, 'admin')}/{change}", role="officer").status_code == 302
    with app.app_context():
        assert people_table.has_admin()


def test_an_old_sign_in_does_not_change_people(app: Flask, send: Send, people: People) -> None:
    """The password is asked for again, and what was typed is kept."""
    with app.app_context(), writing() as session:
        then = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(update(SignIn).values(confirmed_at=then))
    refused = send("/people", name="Ann", role="analyst")
    assert refused.status_code == 403
    assert "Enter your password to go on" in refused.text
    assert 'value="Ann"' in refused.text
    number = number_of(app, "the officer")
    assert send(f"/people/{number}/disable").status_code == 403
    done = send(f"/people/{number}/disable", confirm_password=people[Role.ADMIN])
    assert done.status_code == 302


def test_a_person_of_the_provider_gets_no_password_here(
    app: Flask, send: Send, admin: StrictClient
) -> None:
    """The page offers none."""
    with app.app_context(), writing() as session:
        values = {"issuer": "https://login.example", "subject": "s-1", "password_hash": ""}
        session.execute(update(Person).where(Person.name == "the officer").values(**values))
    number = number_of(app, "the officer")
    page = admin.get(f"/people/{number}").text
    assert "Set the password" not in page
    assert "follows the groups of the provider" in page
    refused = send(f"/people/{number}/password", password=GOOD)
    assert refused.status_code == 422
    assert "signs in with the identity provider" in refused.text


def test_many_people_are_shown_a_page_at_a_time(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each on one page."""
    monkeypatch.setattr(people_page, "PAGE_LENGTH", 2)
    first = admin.get("/people").text
    assert ("the admin" in first, "the officer" in first) == (True, False)
    [after] = re.findall(r'href="(/people\?after=[^"]+)"', first)
    second = admin.get(after).text
    assert ("the analyst" in second, "the officer" in second) == (True, True)
    assert "Next page" not in second


def test_an_unknown_person_is_not_found(admin: StrictClient) -> None:
    """Whatever the number."""
    for number in ("999", "99999999999999999999"):
        assert admin.get(f"/people/{number}").status_code == 404
