"""The page about models, over a real registry."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from creditapp.identity.people import Role
from creditapp.serving import change_lock, deployments, registry_listing, remote_commands
from creditapp.serving.deployments import Change
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.clock import stop_clock
from tests.portfolios import EXAMPLE


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same for the commands that the page has run as for the page."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri)
    return settings


@pytest.fixture
def admin(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


def test_an_analyst_sees_versions_workers_and_history_and_changes_nothing(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """What was served by whom and why is on one page."""
    client.post("/api/predict", json=EXAMPLE)
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/models").text
    assert "Production" in page
    assert "serves deployment 1" in page
    assert "the first model" in page
    assert "Promote and serve" not in page
    form = {"csrf_token": csrf_token(page), "version": "1", "reason": "to try"}
    assert client.post("/models/promote", data=form).status_code == 403


def test_an_admin_promotes_and_rolls_back_with_a_reason(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in the history, with the person who did it; going back needs no registry."""
    with app.app_context(), change_lock.hold("a test") as turn:
        [first] = deployments.history()
        change = Change(A_TEST, "to have one before", turn)
        packed = deployments.load_bundle(first.bundle_digest)
        deployments.deploy(first.model_name, "2", first.portfolio, packed, change)
    form = {"csrf_token": csrf_token(admin.get("/models").text), "version": "1"}
    done = admin.post("/models/promote", data={**form, "reason": "promoted on the page"})
    assert (done.status_code, done.headers["Location"]) == (302, "/models")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert admin.post("/models/rollback", data={**form, "reason": "back again"}).status_code == 302
    page = admin.get("/models").text
    assert "promoted on the page" in page
    assert "back again" in page
    assert "person:the admin" in page
    assert "serves deployment 4" in page


@pytest.mark.parametrize(
    "form",
    [
        {"version": "1"},
        {"version": "1", "reason": " "},
        {"version": "1", "reason": "a\0b"},
        {"version": "", "reason": "no version"},
        {"version": "1", "reason": "x" * 501},
    ],
)
def test_without_a_version_and_a_reason_nothing_changes(
    admin: StrictClient, form: dict[str, str]
) -> None:
    """The page says what is missing."""
    token = csrf_token(admin.get("/models").text)
    refused = admin.post("/models/promote", data={**form, "csrf_token": token})
    assert refused.status_code == 422
    assert "a reason" in refused.text


def test_a_version_that_is_not_registered_is_refused_on_the_page(admin: StrictClient) -> None:
    """With the reason that the command gives."""
    form = {"csrf_token": csrf_token(admin.get("/models").text), "version": "99", "reason": "x"}
    refused = admin.post("/models/promote", data=form)
    assert refused.status_code == 409
    assert "99" in refused.text


def test_a_registry_that_is_away_takes_nothing_but_its_versions_from_the_page(
    client: StrictClient, people: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is served and was is still told."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    client.sign_in("the analyst", people[Role.ANALYST])
    answer = client.get("/models")
    assert answer.status_code == 200
    assert "does not answer" in answer.text
    assert "the first model" in answer.text


def test_people_who_read_the_page_at_once_start_one_question_to_the_registry(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one was told the others get; after a change it is asked again."""
    asked = []

    def counted() -> list[dict[str, Any]]:
        asked.append(threading.get_ident())
        return told()

    told = remote_commands.list_versions
    monkeypatch.setattr(remote_commands, "list_versions", counted)

    def read(_reader: int) -> Sequence[dict[str, Any]]:
        with app.app_context():
            return registry_listing.versions(1)

    with ThreadPoolExecutor(4) as readers:
        answers = list(readers.map(read, range(4)))
    assert [[one["version"] for one in versions] for versions in answers] == [["1"]] * 4
    assert len(asked) == 1
    with app.app_context():
        registry_listing.versions(2)
    assert len(asked) == 2


def test_a_version_registered_meanwhile_is_seen_after_some_seconds(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then what the registry said last is shown, and the registry is left in peace."""
    clock = stop_clock(monkeypatch, registry_listing)
    registered = [{"version": "1"}]
    monkeypatch.setattr(remote_commands, "list_versions", lambda: list(registered))
    with app.app_context():
        assert [one["version"] for one in registry_listing.versions(1)] == ["1"]
        registered.insert(0, {"version": "2"})
        clock.advance(registry_listing.SECONDS_KEPT - 1)
        assert [one["version"] for one in registry_listing.versions(1)] == ["1"]
        clock.advance(1)
        assert [one["version"] for one in registry_listing.versions(1)] == ["2", "1"]
