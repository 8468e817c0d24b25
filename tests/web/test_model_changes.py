"""Changing what is served: one at a time, recorded with who and why, and never half."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update

from creditapp.database.session import writing
from creditapp.exceptions import ChangeUnderWay, RefusedModel
from creditapp.factory import create_app
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.scoring.bundle import digest
from creditapp.serving import cache, change_lock, deployments
from creditapp.serving.cache import Refusal
from creditapp.serving.change_lock import ModelTurn
from creditapp.serving.deployments import Change, ServedBundle, Switch
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.clock import stop_clock
from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.retrained import other_bundle
from tests.tampering import tampering

Deploy = Callable[..., Switch]


@pytest.fixture
def deploy(app: Flask) -> Deploy:
    """Deploys some bytes, by default those of the first bundle, under a version."""
    with app.app_context():
        first = deployments.history()[-1]
        whole = deployments.load_bundle(first.bundle_digest)

    def do(version: str, packed: bytes | None = None) -> Switch:
        with app.app_context(), change_lock.hold("a test") as turn:
            change = Change(A_TEST, "to try", turn)
            return deployments.deploy(
                first.model_name, version, first.portfolio, packed or whole, change
            )

    return do


def served(client: StrictClient) -> str:
    """The version that answers."""
    return str(client.post("/api/predict", json=EXAMPLE).get_json()["model_version"])


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=arguments)


def test_a_deployment_says_who_when_and_why_and_so_does_its_event(
    app: Flask, client: StrictClient, deploy: Deploy
) -> None:
    """Both are written in one transaction; nothing is written where nothing changes."""
    before = datetime.now(UTC)
    assert deploy("2") == Switch("2", "1")
    assert deploy("2") == Switch("2", "2")
    assert served(client) == "2"
    with app.app_context():
        newest, first = deployments.history()
        [event] = audit.find_newest(limit=1)
    assert (newest.deployed_by, newest.reason) == ("a test", "to try")
    assert before <= newest.deployed_at <= datetime.now(UTC)
    assert first.generation == newest.generation - 1
    told = (event.actor, event.action, event.subject, event.detail, event.request_id)
    assert told == ("a test", "model deployed", "version 2", "to try", "request")


def test_a_process_that_has_a_model_keeps_it_when_the_next_is_broken(
    client: StrictClient, deploy: Deploy
) -> None:
    """And serves the one after."""
    assert served(client) == "1"
    deploy("2", b"broken")
    assert served(client) == "1"
    deploy("3")
    assert served(client) == "3"


def test_a_process_without_a_model_falls_back_to_the_newest_that_can_be_served(
    settings: Settings, deploy: Deploy, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so, and answers with the version that really scores."""
    deploy("2")
    deploy("3", b"broken")
    deploy("4", b"broken too")
    fresh = create_app(settings)
    fresh.test_client_class = StrictClient
    client = fresh.test_client()
    assert isinstance(client, StrictClient)
    assert served(client) == "2"
    assert client.get("/api/health").get_json()["model_path"].endswith("/2")
    assert "deployment 4 is not served, but an older one" in caplog.text


def test_a_refused_deployment_is_tried_again_after_pauses_that_grow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From five seconds to five minutes; another deployment is tried at once."""
    clock = stop_clock(monkeypatch, cache)
    refusals = [Refusal.after(None, 7)]
    for _ in range(9):
        refusals.append(Refusal.after(refusals[-1], 7))
    pauses = [refusal.retry_at - clock.now for refusal in refusals]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    assert Refusal.after(refusals[-1], 8).retry_at - clock.now == 5
    assert not refusals[0].blocks(8)
    clock.advance(4)
    assert refusals[0].blocks(7)
    clock.advance(1)
    assert not refusals[0].blocks(7)


@on_both
def test_a_bundle_that_was_altered_in_the_database_is_neither_served_nor_repaired(
    app: Flask, settings: Settings, deploy: Deploy
) -> None:
    """Deploying it again is refused with what to do; another version can be deployed."""
    with app.app_context():
        newest = deployments.in_force()
        assert newest
        whole = deployments.load_bundle(newest.bundle_digest)
        with tampering("served_bundle") as session:
            session.execute(update(ServedBundle).values(content=whole[:-1]))
    fresh = create_app(settings)
    assert fresh.test_client().post("/api/predict", json=EXAMPLE).status_code == 503
    message = (
        f"the stored bundle {digest(whole)[:12]} was altered in the database; restore the database"
    )
    with pytest.raises(RefusedModel, match=message):
        deploy("1", whole)
    with app.app_context():
        assert [one.model_version for one in deployments.history()] == ["1"]
    deploy("2", other_bundle().pack())
    assert fresh.test_client().post("/api/predict", json=EXAMPLE).status_code == 200


@on_both
def test_one_change_at_a_time_over_all_processes(app: Flask) -> None:
    """Whoever comes second is told who is first, and may come again."""
    with app.app_context():
        with change_lock.hold("the first"):
            with (
                pytest.raises(ChangeUnderWay, match="by the first"),
                change_lock.hold("the second"),
            ):
                pass
            with pytest.raises(ChangeUnderWay):
                change_lock.check_free()
        with change_lock.hold("the second"):
            pass
        change_lock.check_free()


def test_a_turn_that_is_never_given_back_ends_and_its_holder_changes_nothing_more(
    app: Flask,
) -> None:
    """A process may be killed, or be stopped and wake up later."""
    with app.app_context(), change_lock.hold("the slow one") as slow:
        with writing() as session:
            past = datetime.now(UTC) - timedelta(seconds=1)
            session.execute(update(ModelTurn).values(ends_at=past))
        change = Change(Actor("the slow one"), "", slow)
        with change_lock.hold("the next"), pytest.raises(ChangeUnderWay, match="too long"):
            deployments.deploy("name", "9", "german-credit", b"", change)
        assert [one.model_version for one in deployments.history()] == ["1"]


def test_a_reload_while_another_process_changes_the_model_is_answered_at_once(
    app: Flask, client: StrictClient
) -> None:
    """With 503 and the time to come again."""
    with app.app_context(), change_lock.hold("key:abc"):
        answer = client.post("/api/reload-model")
    assert answer.status_code == 503
    assert answer.get_json()["detail"] == "another change of the model is under way, by key:abc"
    assert answer.headers["Retry-After"]


def test_rolling_back_needs_no_registry_and_is_undone_by_rolling_back(
    settings: Settings, deploy: Deploy
) -> None:
    """The bundle is in the database; the alias stays, and that is said."""
    deploy("2")
    app = create_app(replace(settings, mlflow_tracking_uri="bogus://nowhere"))
    for version, before in (("1", "2"), ("2", "1")):
        done = run(app, "rollback", "--reason", "worse")
        assert f"version {version} is served again; before: {before}" in done.output
        assert "its production alias was not moved" in done.output
    with app.app_context():
        assert deployments.history()[0].reason == "worse"
        assert deployments.history()[0].deployed_by.startswith("command line: ")


def test_a_version_before_that_cannot_be_served_is_refused_and_leaves_an_event(
    app: Flask, deploy: Deploy
) -> None:
    """With its reason; what is served stays."""
    deploy("2", b"broken")
    deploy("3")
    done = run(app, "rollback", "--reason", "worse")
    assert done.exit_code == 3
    assert "version 2: the served bundle cannot be read" in done.output
    with app.app_context():
        [event] = audit.find_newest(limit=1)
        newest = deployments.in_force()
    assert (event.action, event.detail) == ("model refused", done.output.strip())
    assert newest
    assert newest.model_version == "3"


def test_there_may_be_nothing_to_go_back_to(app: Flask) -> None:
    """The first version is the first."""
    with app.app_context(), pytest.raises(RefusedModel, match="no other version"):
        deployments.find_previous()
