"""The page about models, over a real registry."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from creditapp.database.session import writing
from creditapp.exceptions import RefusedModel, RegistryUnavailable
from creditapp.identity.people import Role
from creditapp.serving import (
    change_lock,
    deployments,
    registry_copies,
    registry_listing,
    remote_commands,
)
from creditapp.serving.deployments import Change
from creditapp.serving.registry_copies import Known, RegistryCopy
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.registered import known


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same for the commands that the page has run as for the page."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri)
    # why: a busy machine takes longer than the service waits.
    monkeypatch.setattr(remote_commands, "SECONDS", 300)
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


def ask(app: Flask, name: str = "versions") -> Known:
    """What a page is told."""
    with app.app_context():
        if name == "versions":
            return registry_listing.versions()
        return registry_listing.documents(name)


def age(app: Flask, **values: object) -> None:
    """Change when the registry answered or was asked."""
    with app.app_context(), writing() as session:
        session.execute(update(RegistryCopy).values(**values))


@pytest.fixture
def asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """The work that would run in the background, which this test does by itself."""
    waiting: list[Callable[[], None]] = []
    app.extensions["registry_listing"] = waiting.append
    monkeypatch.setattr(remote_commands, "list_versions", lambda: [{"version": "7"}])
    return waiting


@on_both
def test_no_page_waits_for_the_registry(app: Flask, asked: list[Callable[[], None]]) -> None:
    """It is asked once, however many look, and the answer is there afterwards."""
    looks = [ask(app) for _ in range(3)]
    assert [(one.document, one.is_asked) for one in looks] == [(None, True)] * 3
    assert len(asked) == 1
    asked.pop()()
    known = ask(app)
    assert (known.document, known.is_asked, known.problem) == ([{"version": "7"}], False, "")
    assert asked == []


@on_both
def test_an_old_answer_is_shown_while_it_is_asked_again(
    app: Flask, asked: list[Callable[[], None]]
) -> None:
    """With its age; a refresh asks at once, however young the answer is."""
    ask(app)
    asked.pop()()
    long_ago = datetime.now(UTC) - 2 * registry_listing.FRESH
    age(app, fetched_at=long_ago)
    known = ask(app)
    assert (known.document, known.is_asked) == ([{"version": "7"}], True)
    assert known.fetched_at == long_ago
    asked.pop()()
    with app.app_context():
        registry_listing.refresh()
    assert len(asked) == 1


def test_a_question_of_a_process_that_was_killed_is_asked_again(
    app: Flask, asked: list[Callable[[], None]]
) -> None:
    """After its time, and not before."""
    ask(app)
    asked.clear()
    age(app, asked_at=datetime.now(UTC) - registry_copies.LEASE + timedelta(seconds=5))
    assert ask(app).is_asked
    assert asked == []
    age(app, asked_at=datetime.now(UTC) - registry_copies.LEASE)
    ask(app)
    assert len(asked) == 1


def test_a_registry_that_fails_leaves_the_last_answer(
    app: Flask, asked: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what is wrong; the next good answer takes its place."""
    ask(app)
    asked.pop()()

    def be_away() -> None:
        raise RegistryUnavailable("the registry is away")

    monkeypatch.setattr(remote_commands, "list_versions", be_away)
    with app.app_context():
        registry_listing.refresh()
        asked.pop()()
    known = ask(app)
    assert (known.document, known.problem) == ([{"version": "7"}], "the registry is away")


def fail(*_arguments: object) -> None:
    """What the registry does while it is away; the reason has a value and a French translation."""
    text = (
        "%(folder)s: MLflow cannot make a registry from a folder with an apostrophe in its "
        "name; rename the folder"
    )
    raise RegistryUnavailable(text, folder="l'eau")


@on_both
def test_a_registry_that_failed_is_left_alone_for_a_while(
    app: Flask, asked: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many look; a refresh asks at once."""
    monkeypatch.setattr(remote_commands, "list_versions", fail)
    ask(app)
    asked.pop()()
    assert [ask(app).is_asked for _ in range(3)] == [False] * 3
    assert asked == []
    with app.app_context():
        registry_listing.refresh()
    assert ask(app).is_asked
    asked.pop()()
    age(app, failed_at=datetime.now(UTC) - registry_listing.FRESH)
    assert ask(app).is_asked
    assert len(asked) == 1


def test_the_page_of_a_version_says_why_the_registry_does_not_answer(
    app: Flask,
    admin: StrictClient,
    asked: list[Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the reader's language, at every look, also while it is asked again; it does not wait for ever."""
    known(app, 1.02)
    with app.app_context():
        registry_listing.forget_documents("2")
    monkeypatch.setattr(remote_commands, "read_documents", fail)
    assert "Refresh" in admin.get("/models/2").headers
    asked.pop()()
    for _ in range(2):
        answer = admin.get("/models/2", headers={"Accept-Language": "fr"})
        assert answer.status_code == 503
        assert "l&#39;eau" in answer.text
        assert "MLflow ne peut pas créer de registre" in answer.text
        assert "Refresh" not in answer.headers
    assert asked == []
    age(app, failed_at=datetime.now(UTC) - registry_listing.FRESH)
    assert admin.get("/models/2").status_code == 503
    assert len(asked) == 1


@on_both
def test_an_answer_that_is_late_does_not_take_the_place_of_a_newer_one(
    app: Flask, asked: list[Callable[[], None]]
) -> None:
    """A change that ended meanwhile, a later question, and a new report count more."""
    ask(app)
    with app.app_context():
        registry_listing.keep_versions([{"version": "8"}])
    asked.pop()()
    assert ask(app).document == [{"version": "8"}]
    with app.app_context():
        registry_listing.refresh()
        registry_listing.refresh_after_change()
    asked.pop(0)()
    assert (ask(app).document, ask(app).is_asked) == ([{"version": "8"}], True)
    asked.pop()()
    assert ask(app).document == [{"version": "7"}]


def test_a_report_that_was_read_before_a_new_one_is_not_kept(
    app: Flask, asked: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a failure to read it."""
    monkeypatch.setattr(
        remote_commands, "read_documents", lambda _versions: {"2": {"report": "old"}}
    )
    for _ in range(2):
        ask(app, "2")
        with app.app_context():
            registry_listing.forget_documents("2")
        asked.pop()()
        monkeypatch.setattr(remote_commands, "read_documents", fail)
        with app.app_context():
            assert registry_copies.find("documents 2") == Known()


def test_a_version_that_is_not_known_yet_is_waited_for_on_its_page(
    app: Flask, client: StrictClient, people: dict[Role, str], asked: list[Callable[[], None]]
) -> None:
    """The page looks again by itself; no thread of the service waits."""
    client.sign_in("the analyst", people[Role.ANALYST])
    answer = client.get("/models/1")
    assert (answer.status_code, answer.headers["Refresh"]) == (200, "3")
    assert "is being asked" in answer.text
    page = client.get("/models").text
    assert "The model registry is being asked now" in page
    token = csrf_token(client.get("/account").text)
    done = client.post("/models/refresh", data={"csrf_token": token, "next": "//x"})
    assert (done.status_code, done.headers["Location"]) == (302, "/models")


def test_the_registry_is_asked_in_a_thread(app: Flask) -> None:
    """Of its own, which ends by itself."""
    done = threading.Event()
    named: list[str] = []

    def work() -> None:
        named.append(threading.current_thread().name)
        done.set()

    registry_listing.in_background(work)
    assert done.wait(5)
    assert named == ["registry"]


@pytest.mark.parametrize(
    ("slope", "said", "may_override"),
    [(1.02, "All conditions hold.", False), (1.75, "Conditions that do not hold: 1", True)],
)
def test_an_admin_sees_the_conditions_before_a_promotion(
    app: Flask, admin: StrictClient, slope: float, said: str, may_override: bool
) -> None:
    """Met or not, with their figures; only what does not hold can be overridden."""
    known(app, slope)
    page = admin.get("/models/2").text
    assert said in page
    assert "A slope of the calibration from 0.8 to 1.25" in page
    assert f"{slope:.2f}" in page
    assert ('name="override"' in page) == may_override
    assert "This takes some seconds" in page
    assert 'action="/models/promote"' not in admin.get("/models/1").text
    assert 'href="/models/2"' in admin.get("/models").text


def test_a_refused_promotion_is_told_on_the_page_of_the_version(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside its conditions, with what was typed; a success is told on the page of all."""
    known(app, 1.02)
    form = {"csrf_token": csrf_token(admin.get("/models/2").text), "version": "2"}

    def refuse(*_arguments: object) -> None:
        raise RefusedModel("version 2 takes other inputs")

    monkeypatch.setattr(remote_commands, "promote", refuse)
    refused = admin.post("/models/promote", data={**form, "reason": "less of age"})
    assert refused.status_code == 409
    assert "<h1>Version 2</h1>" in refused.text
    assert "version 2 takes other inputs" in refused.text
    assert 'value="less of age"' in refused.text
    monkeypatch.setattr(remote_commands, "promote", lambda *_arguments: None)
    done = admin.post("/models/promote", data={**form, "reason": "less of age"})
    assert (done.status_code, done.headers["Location"]) == (302, "/models")
    with admin.session_transaction() as session:
        assert session["_flashes"] == [("message", "Version 2 is in production and served.")]


@pytest.mark.parametrize("is_away", [False, True])
def test_a_refused_promotion_is_told_although_the_registry_is_still_asked(
    app: Flask,
    admin: StrictClient,
    asked: list[Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
    is_away: bool,
) -> None:
    """On the page of all, which does not load itself again and lose the reason."""
    known(app, 1.02)
    form = {"csrf_token": csrf_token(admin.get("/models/2").text), "version": "2"}

    def refuse(*_arguments: object) -> None:
        raise RefusedModel("version 2 takes other inputs")

    monkeypatch.setattr(remote_commands, "promote", refuse)
    monkeypatch.setattr(remote_commands, "read_documents", fail)
    with app.app_context():
        registry_listing.forget_documents("1")
    if is_away:
        ask(app, "1")
        asked.pop()()
    refused = admin.post("/models/promote", data={**form, "reason": "less of age"})
    assert refused.status_code == 409
    assert "version 2 takes other inputs" in refused.text
    assert "Refresh" not in refused.headers


@pytest.mark.parametrize("version", ["2", "99"])
def test_a_refused_promotion_leads_back_to_a_page(
    app: Flask, admin: StrictClient, asked: list[Callable[[], None]], version: str
) -> None:
    """The address of the form is none: it would be that of a version named `promote`."""
    known(app, 1.02)
    token = csrf_token(admin.get("/models/2").text)
    with app.app_context():
        registry_listing.refresh()
    refused = admin.post("/models/promote", data={"csrf_token": token, "version": version})
    assert refused.status_code == 422
    place = "/models/2" if version == "2" else "/models"
    assert f'<a href="{place}">Load the page again</a>' in refused.text


def test_a_challenger_is_started_and_stopped_on_its_page(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a version, a share above 0, and a reason; an analyst sees no form."""
    known(app, 1.02)
    started: list[tuple[object, ...]] = []
    monkeypatch.setattr(remote_commands, "begin_challenge", lambda *sent: started.append(sent[:3]))
    page = admin.get("/challenger").text
    assert '<option value="2"' in page
    assert '<option value="1"' not in page
    token = csrf_token(page)
    good = {"csrf_token": token, "version": "2", "percent": "12.5", "reason": "to compare"}
    for wrong in ({"version": "x"}, {"percent": "0"}, {"percent": "101"}, {"reason": " "}):
        refused = admin.post("/challenger", data={**good, **wrong})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert admin.post("/challenger", data=good).status_code == 302
    assert started == [("2", 0.125, "to compare")]
    refused = admin.post("/challenger/stop", data={"csrf_token": token, "reason": "enough"})
    assert refused.status_code == 409
    assert "there is nothing to stop" in refused.text
