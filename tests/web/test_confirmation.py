"""Before a change that weighs, a person proves again who they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import update

from creditapp.database.session import writing
from creditapp.identity import audit, second_factor
from creditapp.identity.actors import Actor
from creditapp.identity.people import Person, Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.policy import versions as policy_versions
from creditapp.serving import deployments, remote_commands
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, csrf_token
from tests.clock import stop_clock
from tests.registered import known

People = dict[Role, str]


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same for the commands that the page has run as for the page."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri)
    return settings


@pytest.fixture
def admin(client: StrictClient, people: People) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


def make_stale(app: Flask, minutes: int = 11) -> None:
    """Pretend that everybody proved who they are so long ago."""
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    with app.app_context(), writing() as session:
        session.execute(update(SignIn).values(confirmed_at=then))


def save(client: StrictClient, **fields: str) -> Any:
    """Send the form of the policy."""
    token = csrf_token(client.get("/policy").text)
    form = {"approve_from": "0.8", "refer_from": "0.5", "reason": "my own words", **fields}
    return client.post("/policy", data={"csrf_token": token, **form})


def in_force(app: Flask) -> str:
    """The version of the policy in force."""
    with app.app_context():
        return policy_versions.in_force().version


def test_a_policy_is_changed_without_a_question_within_ten_minutes(
    app: Flask, admin: StrictClient
) -> None:
    """The sign-in counts."""
    make_stale(app, minutes=9)
    assert "confirm_password" not in admin.get("/policy?approve_from=0.8&refer_from=0.5").text
    assert save(admin).status_code == 302


def test_later_the_password_is_needed_and_the_form_keeps_what_was_typed(
    app: Flask, admin: StrictClient, people: People
) -> None:
    """A wrong one is an event; the right one counts for the next ten minutes too."""
    make_stale(app)
    assert "confirm_password" in admin.get("/policy?approve_from=0.8&refer_from=0.5").text
    for fields, said in (
        ({}, "Enter your password to go on; nothing was changed."),
        ({"confirm_password": "wrong"}, "The password or the code is wrong; nothing was changed."),
    ):
        refused = save(admin, **fields)
        assert refused.status_code == 403
        assert said in refused.text
        assert 'value="my own words"' in refused.text
        assert in_force(app) == "default-1"
    with app.app_context():
        [event] = audit.find_newest(limit=1)
    assert (event.actor, event.action) == ("person:the admin", "confirmation failed")
    assert save(admin, confirm_password=people[Role.ADMIN]).status_code == 302
    assert in_force(app) == "1"
    assert "confirm_password" not in admin.get("/policy?approve_from=0.8&refer_from=0.5").text
    assert save(admin, instead_of="1").status_code == 302


def test_a_person_with_a_second_factor_needs_its_code_too(
    app: Flask, admin: StrictClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password alone is not enough."""
    clock = stop_clock(monkeypatch, second_factor)
    secret = second_factor.new_secret()
    codes = pyotp.TOTP(secret)
    with app.app_context():
        with writing() as session:
            person = session.query(Person).filter_by(name="the admin").one()
        own = app.config["SETTINGS"].secret_key
        code = codes.at(int(clock.now))
        assert second_factor.set_up(person.id, secret, code, own, Actor("a test"))
    make_stale(app)
    password = {"confirm_password": people[Role.ADMIN]}
    assert save(admin, **password).status_code == 403
    assert save(admin, **password, confirm_code=code).status_code == 403
    clock.advance(30)
    assert save(admin, **password, confirm_code=codes.at(int(clock.now))).status_code == 302


def test_a_model_is_promoted_with_a_fresh_proof_alone(
    app: Flask, admin: StrictClient, people: People
) -> None:
    """Nothing is run before; the form keeps version and reason."""
    known(app, 1.75)
    make_stale(app)
    page = admin.get("/models/2").text
    assert "confirm_password" in page
    form = {"csrf_token": csrf_token(page), "version": "2", "reason": "my own words"}
    refused = admin.post("/models/promote", data={**form, "override": "on"})
    assert refused.status_code == 403
    assert 'value="my own words"' in refused.text
    assert 'name="override" checked' in refused.text
    with app.app_context():
        assert len(deployments.history()) == 1
    own = {"confirm_password": people[Role.ADMIN]}
    served = {**form, "version": "1"}
    assert admin.post("/models/promote", data={**served, **own}).status_code == 302


def test_nothing_is_run_for_who_gave_no_proof(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that would promote is not started."""
    make_stale(app)
    started: list[object] = []
    monkeypatch.setattr(remote_commands, "promote", lambda *args: started.append(args))
    form = {"csrf_token": csrf_token(admin.get("/models").text), "version": "1", "reason": "x"}
    assert admin.post("/models/promote", data=form).status_code == 403
    assert started == []
