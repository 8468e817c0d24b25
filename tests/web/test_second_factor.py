"""The second factor: set up, asked for, used once, and required where a setting says so."""

import math
import re
from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from creditapp.database.session import reading
from creditapp.factory import create_app
from creditapp.identity import audit, keyed, second_factor, sign_ins
from creditapp.identity.people import Role
from creditapp.identity.second_factor import SecondFactor
from creditapp.identity.sign_ins import Visit
from creditapp.settings.settings import Settings
from creditapp.web import rate_limits
from tests.clients import StrictClient, csrf_token
from tests.clock import Clock, stop_clock
from tests.engines import on_both

People = dict[Role, str]
SET_UP = "/account/second-factor"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of codes stands still."""
    return stop_clock(monkeypatch, second_factor)


def set_up(client: StrictClient, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """Set up what an app shows codes of; the recovery codes."""
    page = client.get(SET_UP).text
    [secret] = re.findall(r'id="secret">([A-Z2-7]{32})<', page)
    app = pyotp.TOTP(secret)
    form = {"csrf_token": csrf_token(page), "code": app.at(int(clock.now))}
    done = client.post(SET_UP, data=form)
    assert done.status_code == 200
    return app, re.findall(r"<li>([a-z0-9-]{34})</li>", done.text)


def enter(client: StrictClient, code: str) -> int:
    """Enter a code after the password."""
    page = client.get("/sign-in/code")
    form = {"csrf_token": csrf_token(page.text), "code": code}
    return int(client.post("/sign-in/code", data=form).status_code)


@on_both
def test_signing_in_asks_for_a_code_after_the_password(
    app: Flask, officer: StrictClient, people: People, clock: Clock
) -> None:
    """Until it is given the person is nobody; each code opens once."""
    codes, _ = set_up(officer, clock)
    client = app.test_client()
    assert isinstance(client, StrictClient)
    asked = client.sign_in("the officer", people[Role.OFFICER])
    assert (asked.status_code, asked.headers["Location"]) == (302, "/sign-in/code")
    assert client.get("/decisions").status_code == 302
    assert enter(client, codes.at(int(clock.now))) == 401  # used in the set-up
    assert enter(client, "000000") == 401
    clock.advance(30)
    assert enter(client, codes.at(int(clock.now))) == 302
    assert client.get("/decisions").status_code == 200
    again = app.test_client()
    assert isinstance(again, StrictClient)
    again.sign_in("the officer", people[Role.OFFICER])
    assert enter(again, codes.at(int(clock.now))) == 401
    with app.app_context():
        newest = audit.find_newest(limit=1)[0]
    assert (newest.action, newest.detail) == ("sign-in failed", "wrong code")


def test_a_clock_that_is_one_step_off_is_tolerated_and_two_are_not(
    officer: StrictClient, people: People, clock: Clock
) -> None:
    """Thirty seconds are a step."""
    codes, _ = set_up(officer, clock)
    clock.advance(300)
    officer.sign_in("the officer", people[Role.OFFICER])
    for steps in (-2, 2):
        assert enter(officer, codes.at(int(clock.now) + 30 * steps)) == 401
    assert enter(officer, codes.at(int(clock.now) + 30)) == 302


def test_a_recovery_code_has_128_bits(officer: StrictClient, clock: Clock) -> None:
    """Its digest has no salt, so the code itself must be beyond guessing."""
    _, codes = set_up(officer, clock)
    fewest = min(len(code.replace("-", "")) for code in codes)
    assert fewest * math.log2(len(set("".join(codes)) - {"-"})) >= 128


@on_both
def test_ten_recovery_codes_open_once_each(
    app: Flask, officer: StrictClient, people: People, clock: Clock
) -> None:
    """As typed, in any case; only digests are kept, and each use is an event."""
    _, codes = set_up(officer, clock)
    assert len(set(codes)) == 10
    for typed, status in ((codes[0].upper(), 302), (codes[0], 401), (codes[1], 302)):
        officer.sign_in("the officer", people[Role.OFFICER])
        assert enter(officer, typed) == status
    assert "8 recovery codes are left" in officer.get(SET_UP).text
    with app.app_context():
        actions = [one.action for one in audit.find_newest(limit=20)]
    assert actions.count("recovery code used") == 2


def test_another_persons_recovery_code_opens_nothing(
    app: Flask, client: StrictClient, people: People, clock: Clock
) -> None:
    """Each belongs to one person."""
    client.sign_in("the admin", people[Role.ADMIN])
    _, codes = set_up(client, clock)
    client.sign_in("the officer", people[Role.OFFICER])
    set_up(client, clock)
    client.sign_in("the officer", people[Role.OFFICER])
    assert enter(client, codes[0]) == 401


def test_the_secret_is_sealed_in_the_database(
    app: Flask, officer: StrictClient, clock: Clock
) -> None:
    """And read with the service's secret alone."""
    codes, _ = set_up(officer, clock)
    with app.app_context(), reading() as session:
        row = session.query(SecondFactor).one()
    assert codes.secret not in row.sealed_secret
    own = app.config["SETTINGS"].secret_key
    assert keyed.unseal(row.sealed_secret, own) == codes.secret
    assert keyed.unseal(row.sealed_secret, "x" * 64) is None


def test_a_wrong_first_code_sets_nothing_up(officer: StrictClient, people: People) -> None:
    """The page keeps the same secret, so that the app need not scan again."""
    page = officer.get(SET_UP).text
    refused = officer.post(SET_UP, data={"csrf_token": csrf_token(page), "code": "123"})
    assert refused.status_code == 422
    assert re.findall(r'id="secret">(\w+)<', page) == re.findall(
        r'id="secret">(\w+)<', refused.text
    )
    assert officer.sign_in("the officer", people[Role.OFFICER]).headers["Location"] == "/home"


def test_a_second_factor_is_removed_with_password_and_code(
    officer: StrictClient, people: People, clock: Clock
) -> None:
    """Not without one of them, and a wrong password spends no code."""
    codes, _ = set_up(officer, clock)
    token = csrf_token(officer.get(SET_UP).text)
    own, code = people[Role.OFFICER], codes.at(int(clock.now) + 30)
    for password, typed, status in (("", code, 422), (own, "1", 422), (own, code, 302)):
        form = {"csrf_token": token, "confirm_password": password, "code": typed}
        assert officer.post(f"{SET_UP}/remove", data=form).status_code == status
    assert officer.sign_in("the officer", people[Role.OFFICER]).headers["Location"] == "/home"


def test_with_a_second_factor_the_password_is_changed_with_a_code(
    officer: StrictClient, people: People, clock: Clock
) -> None:
    """The password alone is not enough to lock the person out."""
    codes, _ = set_up(officer, clock)
    page, new = officer.get("/account").text, "thirteen purple kettles"
    form = {
        "csrf_token": csrf_token(page),
        "current": people[Role.OFFICER],
        "new": new,
        "again": new,
    }
    assert 'name="confirm_code"' in page
    for code, status in (("", 422), (codes.at(int(clock.now) + 30), 302)):
        sent = officer.post("/account/password", data={**form, "confirm_code": code})
        assert sent.status_code == status


def test_the_command_resets_it_and_signs_out(
    app: Flask, officer: StrictClient, people: People, clock: Clock
) -> None:
    """For whoever lost phone and codes."""
    set_up(officer, clock)
    with app.app_context():
        command = ["user", "reset-second-factor", "the officer"]
        unfounded = app.test_cli_runner().invoke(args=command)
        done = app.test_cli_runner().invoke(args=[*command, "--reason", "came with a passport"])
        [newest] = audit.find_newest(limit=1)
    assert (unfounded.exit_code, done.exit_code) == (2, 0)
    assert (newest.action, newest.detail) == ("second factor removed", "came with a passport")
    assert officer.get("/decisions").status_code == 302
    assert officer.sign_in("the officer", people[Role.OFFICER]).headers["Location"] == "/home"


def test_codes_are_throttled_by_name(
    app: Flask, officer: StrictClient, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty an hour, whatever the address."""
    set_up(officer, clock)
    monkeypatch.setattr(rate_limits, "spend_sign_in", lambda _name: None)
    officer.sign_in("the officer", people[Role.OFFICER])
    statuses = [enter(officer, "000000") for _ in range(21)]
    assert statuses[:18] == [401] * 18
    assert statuses[-1] == 429


def test_the_password_is_not_remembered_for_long(
    app: Flask, officer: StrictClient, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five minutes it is asked for again."""
    set_up(officer, clock)
    officer.sign_in("the officer", people[Role.OFFICER])
    assert officer.get("/sign-in/code").status_code == 200
    monkeypatch.setattr("creditapp.web.pages.account.CODE_SECONDS", -1)
    assert officer.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_no_session_begins_without_a_code(
    app: Flask, officer: StrictClient, people: People, clock: Clock
) -> None:
    """Also where the second factor was set up after the password was checked."""
    with app.app_context():
        checked = sign_ins.check("the officer", people[Role.OFFICER], "secret", "request")
        assert checked
    set_up(officer, clock)
    with app.app_context():
        assert sign_ins.begin(checked, 1, Visit("request")) is None


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMIN])
def test_where_it_is_required_nothing_else_opens_until_it_is_set_up(
    settings: Settings, people: People, clock: Clock, role: Role
) -> None:
    """For analysts and admins; they may sign out."""
    app = create_app(replace(settings, second_factor="required"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in(f"the {role.value}", people[role])
    for path in ("/", "/decisions", "/account", "/policy", "/apidocs"):
        assert client.get(path).headers["Location"] == SET_UP, path
    assert client.get("/openapi.json").status_code == 403
    set_up(client, clock)
    assert client.get("/decisions").status_code == 200


def test_officers_are_not_required_to(settings: Settings, people: People) -> None:
    """They may set one up."""
    app = create_app(replace(settings, second_factor="required"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the officer", people[Role.OFFICER])
    assert client.get("/decisions").status_code == 200


def test_a_new_secret_key_signs_nobody_out_and_keeps_second_factors(
    settings: Settings, officer: StrictClient, people: People, clock: Clock
) -> None:
    """While the old one is a fallback; a used factor is encrypted anew and needs the old one no more."""
    codes, _ = set_up(officer, clock)
    old, new = settings.secret_key, "f3" * 32
    cookie = officer.get_cookie("creditapp")
    assert cookie is not None
    for fallbacks, seen in (((old,), 200), ((), 302)):
        app = create_app(replace(settings, secret_key=new, secret_key_fallbacks=fallbacks))
        app.test_client_class = StrictClient
        client = app.test_client()
        client.set_cookie("creditapp", cookie.value)
        assert client.get("/account").status_code == seen
        clock.advance(60)
        assert isinstance(client, StrictClient)
        client.sign_in("the officer", people[Role.OFFICER])
        assert enter(client, codes.at(int(clock.now))) == 302
