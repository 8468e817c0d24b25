"""Signing in, staying in, and being kept out."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import strategies
from limits.storage import memory
from sqlalchemy import text

from creditapp.database.session import writing
from creditapp.exceptions import BadAccount
from creditapp.factory import create_app
from creditapp.identity import audit, sign_ins
from creditapp.identity import people as people_module
from creditapp.identity.people import Role
from creditapp.identity.sign_ins import Visit
from creditapp.settings.settings import Settings
from creditapp.web import rate_limits
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.clock import stop_clock
from tests.engines import on_both

People = dict[Role, str]


def with_the_cookie_of(client: StrictClient, app: Flask) -> FlaskClient:
    """Another client of an application, with a copy of this one's session cookie."""
    cookie = client.get_cookie("creditapp")
    assert cookie
    other = app.test_client()
    other.set_cookie("creditapp", cookie.value)
    return other


@on_both
def test_a_person_signs_in_and_out(client: StrictClient, people: People) -> None:
    """And the way in is closed again behind them."""
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 302
    page = client.get("/decisions")
    assert page.status_code == 200
    client.post("/sign-out", data={"csrf_token": csrf_token(page.text)})
    assert client.get("/decisions").status_code == 302


@pytest.mark.parametrize(
    ("name", "password"),
    [("the officer", "wrong"), ("nobody", "wrong"), ("", ""), ("the officer", "x" * 10_000)],
)
def test_a_wrong_name_or_password_is_refused_without_saying_which(
    client: StrictClient, people: People, name: str, password: str
) -> None:
    """The same page, the same words."""
    answer = client.sign_in(name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text


def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    app: Flask, client: StrictClient, people: People
) -> None:
    """The sign-in ends in the database, not only in one browser."""
    client.sign_in("the officer", people[Role.OFFICER])
    thief = with_the_cookie_of(client, app)
    client.post("/sign-out", data={"csrf_token": csrf_token(client.get("/").text)})
    assert thief.get("/decisions").status_code == 302


@pytest.mark.parametrize("change", ["disable", "password", "role"])
def test_a_change_reaches_a_running_sign_in_of_another_worker_at_once(
    settings: Settings, app: Flask, people: People, change: str
) -> None:
    """Two applications over one database stand for two workers."""
    other = create_app(settings)
    other.test_client_class = StrictClient
    client = other.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the admin", people[Role.ADMIN])
    assert client.get("/events").status_code == 200
    with app.app_context():
        if change == "disable":
            people_module.disable("the admin", A_TEST)
        elif change == "password":
            people_module.change_password("the admin", "another password", A_TEST)
        else:
            people_module.change_role("the admin", Role.OFFICER, A_TEST)
    assert client.get("/events").status_code == (403 if change == "role" else 302)
    assert client.sign_in("the admin", people[Role.ADMIN]).status_code == (
        302 if change == "role" else 401
    )


def test_attempts_are_throttled_by_address_and_by_name(
    client: StrictClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right password does not help either, until two minutes later."""
    clock = stop_clock(monkeypatch, rate_limits, memory, strategies)
    clock.advance(15)
    for _ in range(10):
        assert client.sign_in("the officer", "wrong").status_code == 401
    answer = client.sign_in("the officer", people[Role.OFFICER])
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "51"
    token = csrf_token(client.get("/sign-in").text)
    elsewhere = client.post(
        "/sign-in",
        data={"csrf_token": token, "name": "the officer", "password": "wrong"},
        environ_base={"REMOTE_ADDR": "127.0.0.9"},
    )
    assert elsewhere.status_code == 429
    clock.advance(120)
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 302


def test_a_token_of_one_worker_is_good_on_another_and_after_a_restart(
    settings: Settings, client: StrictClient, people: People
) -> None:
    """They share the key, and nothing else."""
    token = csrf_token(client.get("/sign-in").text)
    other = with_the_cookie_of(client, create_app(settings))
    data = {"csrf_token": token, "name": "the officer", "password": people[Role.OFFICER]}
    assert other.post("/sign-in", data=data).status_code == 302


def test_bytes_that_are_no_text_are_a_wrong_name_or_no_form(client: StrictClient) -> None:
    """Escaped as browsers do, or as they are; in no case a body that is too large."""
    token = csrf_token(client.get("/sign-in").text).encode()
    for name, status in ((b"%80", 401), (b"\x80", 400)):
        data = b"csrf_token=%b&name=%b&password=wrong" % (token, name)
        form = "application/x-www-form-urlencoded"
        assert client.post("/sign-in", data=data, content_type=form).status_code == status


def test_every_form_needs_its_token(client: StrictClient, people: People) -> None:
    """Signing somebody in or out from another site is an attack too."""
    data = {"name": "the officer", "password": people[Role.OFFICER]}
    assert client.post("/sign-in", data=data).status_code == 400
    client.sign_in("the officer", people[Role.OFFICER])
    assert client.post("/sign-out").status_code == 400


@pytest.mark.parametrize("name", ["", " padded ", "a\nb", "x" * 81, "the officer"])
def test_names_that_cannot_be_told_apart_are_refused(app: Flask, people: People, name: str) -> None:
    """Taken ones too."""
    with app.app_context(), pytest.raises(BadAccount):
        people_module.add(name, Role.OFFICER, "a long password", A_TEST)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_short_and_endless_passwords_are_refused(app: Flask, password: str) -> None:
    """Twelve characters at least."""
    with app.app_context(), pytest.raises(BadAccount, match="12 to 200 characters"):
        people_module.add("somebody", Role.OFFICER, password, A_TEST)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("passwordpassword", "common or easy to guess"),
        ("iloveyou1234", "common or easy to guess"),
        ("qwertyuiop123", "common or easy to guess"),
        ("123456789012", "common or easy to guess"),
        ("tT8-SomeBody-x!q2", "must not contain the name"),
    ],
)
def test_common_passwords_and_those_with_the_name_are_refused(
    app: Flask, password: str, said: str
) -> None:
    """On the command line too, and nobody is added."""
    with app.app_context():
        with pytest.raises(BadAccount, match=said):
            people_module.add("somebody", Role.OFFICER, password, A_TEST)
        typed = {"args": ["user", "add", "somebody", "--role", "officer"]}
        done = app.test_cli_runner().invoke(**typed, input=f"{password}\n{password}\n")
        assert done.exit_code == 2
        assert said in done.output
        assert "somebody" not in {one.name for one in people_module.list_people()}


def test_passwords_are_kept_as_argon2_hashes(app: Flask, people: People) -> None:
    """None stands in the database as it is."""
    with app.app_context():
        hashes = [person.password_hash for person in people_module.list_people()]
    assert all(hashed.startswith("$argon2id$") for hashed in hashes)
    assert not any(password in hashed for password in people.values() for hashed in hashes)


@on_both
def test_events_tell_who_did_what(app: Flask, client: StrictClient, people: People) -> None:
    """The admin sees them, with the request's id; others do not."""
    client.sign_in("the officer", "wrong")
    client.sign_in("the officer", people[Role.OFFICER])
    refused = client.get("/events", headers={"X-Request-ID": "refused-1"})
    assert refused.status_code == 403
    client.get("/api/model-info", headers={"Authorization": "Bearer wrong"})
    client.sign_in("the admin", people[Role.ADMIN])
    page = client.get("/events").text
    for what in ("sign-in failed", "signed in", "access refused", "person added", "refused-1"):
        assert what in page
    with app.app_context():
        newest = {(one.actor, one.action, one.subject) for one in audit.find_newest(limit=2)}
    assert newest == {
        ("person:the admin", "signed in", "the admin"),
        ("person:the officer", "signed out", "the officer"),
    }


def test_an_event_is_one_line_whoever_is_named_in_it(app: Flask, client: StrictClient) -> None:
    """Anybody may type a name to sign in with."""
    client.sign_in("x\n2026 command line: root: role changed\x1b[31m", "wrong")
    with app.app_context():
        [event] = audit.find_newest(limit=1)
    assert event.subject.isprintable()


def test_what_is_typed_as_an_unknown_name_is_not_kept(
    app: Flask, client: StrictClient, people: People
) -> None:
    """A password typed into the wrong field gets the same alias each time; a person's name is kept."""
    for name in ("my secret password", "my secret password", "another", "the officer"):
        client.sign_in(name, "wrong")
    with app.app_context():
        known, other, second, first = [one.subject for one in audit.find_newest(limit=4)]
    assert known == "the officer"
    assert re.fullmatch(r"unknown name [0-9a-f]{12}", first)
    assert first == second != other
    assert "secret password" not in first


def test_a_sign_in_expires(app: Flask, client: StrictClient, people: People) -> None:
    """After the hours that the setting gives it."""
    client.sign_in("the officer", people[Role.OFFICER])
    assert client.get("/decisions").status_code == 200
    with app.app_context(), writing() as session:
        session.execute(text("UPDATE sign_in SET expires_at = '2020-01-01 00:00:00'"))
    assert client.get("/decisions").status_code == 302


@on_both
def test_a_second_sign_in_ends_the_first_of_the_same_browser(
    app: Flask, client: StrictClient, people: People
) -> None:
    """No forgotten one stays behind."""
    client.sign_in("the officer", people[Role.OFFICER])
    other = with_the_cookie_of(client, app)
    client.sign_in("the admin", people[Role.ADMIN])
    assert other.get("/decisions").status_code == 302


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    app: Flask, people: People
) -> None:
    """Checking takes a moment, and the change may fall into it."""
    with app.app_context():
        checked = sign_ins.check("the officer", people[Role.OFFICER], "secret", "request")
        assert checked
        people_module.change_password("the officer", "another password", A_TEST)
        assert sign_ins.begin(checked, 1, Visit("request")) is None
