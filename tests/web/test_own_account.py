"""A person's own account: the password, the sessions, and their end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from creditapp.database.session import reading, writing
from creditapp.factory import create_app
from creditapp.identity import audit
from creditapp.identity.people import Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, csrf_token
from tests.engines import on_both

People = dict[Role, str]
NEW = "thirteen purple kettles"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


def new_client(app: Flask, agent: str = FIREFOX, address: str = "203.0.113.77") -> StrictClient:
    """Another browser."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.environ_base.update({"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address})
    return client


def change(client: StrictClient, current: str, new: str, again: str | None = None) -> object:
    """Send the form of the password."""
    token = csrf_token(client.get("/account").text)
    form = {"csrf_token": token, "current": current, "new": new, "again": again or new}
    return client.post("/account/password", data=form)


@on_both
def test_a_person_changes_the_password_and_other_sessions_end(
    app: Flask, officer: StrictClient, people: People
) -> None:
    """This session goes on; the old password opens nothing; the event names no password."""
    other = new_client(app)
    other.sign_in("the officer", people[Role.OFFICER])
    assert change(officer, people[Role.OFFICER], NEW).status_code == 302
    assert officer.get("/account?changed=1").status_code == 200
    assert other.get("/account").status_code == 302
    assert other.sign_in("the officer", people[Role.OFFICER]).status_code == 401
    assert other.sign_in("the officer", NEW).status_code == 302
    with app.app_context():
        told = [(e.actor, e.action, e.subject, e.detail) for e in audit.find_newest(limit=3)]
    assert ("person:the officer", "password changed", "the officer", "") in told


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "the current password is wrong"),
        (None, NEW, "another " + NEW, "The two new passwords differ."),
        (None, "short", "short", "12 to 200 characters"),
        (None, "passwordpassword", "passwordpassword", "common or easy to guess"),
        (None, "x7!-the Officer-q9", "x7!-the Officer-q9", "must not contain the name"),
        (None, None, None, "the new password is the current one"),
    ],
)
def test_a_password_that_is_not_accepted_changes_nothing(
    officer: StrictClient, people: People, current: str, new: str, again: str, said: str
) -> None:
    """The page says what is wrong."""
    own = people[Role.OFFICER]
    refused = change(officer, current or own, new or own, again or own)
    assert refused.status_code == 422
    assert said in refused.text
    assert officer.sign_in("the officer", own).status_code == 302


def test_guessing_the_current_password_is_throttled(officer: StrictClient, people: People) -> None:
    """As signing in is: somebody may sit down at an open browser."""
    statuses = {change(officer, "wrong", NEW).status_code for _ in range(11)}
    assert statuses == {422, 429}


def test_the_page_lists_where_a_person_is_signed_in_and_nobody_else(
    app: Flask, people: People
) -> None:
    """Browser and network, not the address; this session is marked."""
    mine = new_client(app)
    mine.sign_in("the officer", people[Role.OFFICER])
    new_client(app, EDGE, "2001:db8:1:2::5").sign_in("the officer", people[Role.OFFICER])
    new_client(app, "curl/8").sign_in("the admin", people[Role.ADMIN])
    page = mine.get("/account").text
    for shown in ("Firefox · Linux", "203.0.113.0/24", "Edge · Windows", "2001:db8:1::/48"):
        assert shown in page
    assert page.count("this session") == 1
    assert "? · ?" not in page
    assert "203.0.113.77" not in page


@on_both
def test_a_person_ends_one_session_or_all_others_and_no_one_elses(
    app: Flask, officer: StrictClient, people: People
) -> None:
    """From the next request on, with an event."""
    others = [new_client(app) for _ in range(3)]
    for one in others:
        one.sign_in("the officer", people[Role.OFFICER])
    admin = new_client(app)
    admin.sign_in("the admin", people[Role.ADMIN])
    with app.app_context(), reading() as session:
        rows = session.scalars(select(SignIn).order_by(SignIn.started_at)).all()
    token = csrf_token(officer.get("/account").text)
    for row in (rows[1], rows[-1]):
        officer.post(
            "/account/sessions/end", data={"csrf_token": token, "session": row.token_digest}
        )
    assert [one.get("/account").status_code for one in [*others, admin]] == [302, 200, 200, 200]
    officer.post("/account/sessions/end", data={"csrf_token": token, "session": "others"})
    assert [one.get("/account").status_code for one in [*others, admin]] == [302, 302, 302, 200]
    assert officer.get("/account").status_code == 200
    with app.app_context():
        newest = [(one.action, one.detail) for one in audit.find_newest(limit=2)]
    assert newest == [("sessions ended", "all others: 2"), ("sessions ended", "one")]


def test_sessions_are_ended_with_a_fresh_proof_alone(
    app: Flask, officer: StrictClient, people: People
) -> None:
    """Else whoever sits down at an open browser could sign the person out elsewhere."""
    other = new_client(app)
    other.sign_in("the officer", people[Role.OFFICER])
    old = datetime.now(UTC) - timedelta(minutes=11)
    with app.app_context(), writing() as session:
        session.execute(update(SignIn).values(confirmed_at=old))
    page = officer.get("/account").text
    assert 'name="confirm_password"' in page
    form = {"csrf_token": csrf_token(page), "session": "others"}
    refused = officer.post("/account/sessions/end", data=form)
    assert refused.status_code == 403
    assert "Enter your password to go on" in refused.text
    assert other.get("/account").status_code == 200
    officer.post("/account/sessions/end", data={**form, "confirm_password": people[Role.OFFICER]})
    assert other.get("/account").status_code == 302


@on_both
def test_a_proof_gives_the_session_a_new_token(
    app: Flask, officer: StrictClient, people: People
) -> None:
    """A copy of the cookie from before is worth nothing; the session is the same one."""
    copied = officer.get_cookie("__Host-creditapp") or officer.get_cookie("creditapp")
    assert copied
    assert change(officer, people[Role.OFFICER], NEW).status_code == 302
    thief = new_client(app)
    thief.set_cookie(copied.key, copied.value)
    assert thief.get("/account").status_code == 302
    page = officer.get("/account")
    assert (page.status_code, page.text.count("this session")) == (200, 1)
    assert "End all other sessions" not in page.text


def test_an_operator_ends_the_sessions_of_one_person(
    app: Flask, officer: StrictClient, people: People
) -> None:
    """With an event; nobody else is signed out, and the person may come back."""
    admin = new_client(app)
    admin.sign_in("the admin", people[Role.ADMIN])
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["user", "end-sessions", "the officer"])
        [newest] = audit.find_newest(limit=1)
    assert done.exit_code == 0, done.output
    assert "sessions that ended: 1" in done.output
    assert (newest.action, newest.subject) == ("sessions ended", "the officer")
    assert (officer.get("/account").status_code, admin.get("/account").status_code) == (302, 200)
    assert officer.sign_in("the officer", people[Role.OFFICER]).status_code == 302


def test_a_generated_password_has_128_bits(app: Flask) -> None:
    """It is shown once."""
    with app.app_context():
        command = ["user", "add", "nora", "--role", "officer", "--generate"]
        done = app.test_cli_runner().invoke(args=command)
    shown = done.output.splitlines()[0].rpartition(" ")[2]
    assert len(shown) * 6 >= 128


def set_last_seen(app: Flask, minutes: float) -> datetime:
    """Pretend that the last request of all sessions was so long ago."""
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    with app.app_context(), writing() as session:
        session.execute(update(SignIn).values(last_seen_at=then))
    return then


def last_seen(app: Flask) -> datetime:
    """When the only session was last seen."""
    with app.app_context(), reading() as session:
        return session.scalars(select(SignIn)).one().last_seen_at


@on_both
def test_a_session_without_requests_ends(app: Flask, officer: StrictClient) -> None:
    """After the minutes of the setting; each request begins them anew."""
    set_last_seen(app, 59)
    assert officer.get("/account").status_code == 200
    set_last_seen(app, 61)
    assert officer.get("/account").status_code == 302


def test_the_minutes_are_a_setting(settings: Settings, people: People) -> None:
    """Five of them here."""
    app = create_app(replace(settings, idle_minutes=5))
    app.test_client_class = StrictClient
    client = new_client(app)
    client.sign_in("the officer", people[Role.OFFICER])
    set_last_seen(app, 6)
    assert client.get("/account").status_code == 302


def test_most_requests_write_no_time(app: Flask, officer: StrictClient) -> None:
    """At most one a minute does."""
    then = set_last_seen(app, 0.9)
    officer.get("/decisions")
    assert last_seen(app) == then
    then = set_last_seen(app, 1.1)
    officer.get("/decisions")
    assert last_seen(app) > then


def test_a_session_from_before_times_were_kept_goes_on(app: Flask, officer: StrictClient) -> None:
    """Its start counts."""
    with app.app_context(), writing() as session:
        session.execute(update(SignIn).values(last_seen_at=None))
    assert officer.get("/account").status_code == 200
