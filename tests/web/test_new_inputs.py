"""The catalogue of the served model, and the change to a model whose applications have other inputs."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from creditapp.challenger import shadow
from creditapp.cli.registry import open_registry
from creditapp.identity.people import Role
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.serving import deployments
from creditapp.serving.approval import Approval
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient, csrf_token, form_data
from tests.other_inputs import (
    ADDED,
    DIFFERENCES,
    LIMITED,
    NEW_LIMIT,
    OTHER,
    OTHER_EXAMPLE,
    REMOVED,
    write_portfolio,
)
from tests.portfolios import BY_NAME, EXAMPLE, GERMAN
from tests.serving import Trained, flask


@pytest.fixture(scope="module")
def registry(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of its own, whose version 2 was trained on the other portfolio."""
    home, folder = tmp_path_factory.mktemp("registry"), tmp_path_factory.mktemp("portfolio")
    registry = Path(shutil.copy(trained.registry, home / "mlflow.db"))
    shutil.copytree(trained.registry.parent / "mlruns", home / "mlruns")
    # why: a training keeps the list of its registry in the database that other tests copy.
    database = Path(shutil.copy(trained.database, home / "creditapp.db"))
    write_portfolio(folder)
    place = {"database": database, "registry": registry}
    done = flask("train", "--quick", **place, CREDITAPP_PORTFOLIO=str(folder))  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    return registry


@pytest.fixture
def settings(settings: Settings, registry: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same for this process as for the commands that the models page has run."""
    own = replace(settings, mlflow_tracking_uri=f"sqlite:///{registry}")
    monkeypatch.setenv("DATABASE_URL", own.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", own.mlflow_tracking_uri)
    return own


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=arguments)


def promote_other(app: Flask) -> None:
    """Serve the version with other inputs."""
    done = run(
        app, "promote", "2", "--accept-new-inputs", "--override", "--reason", "savings matter"
    )
    assert done.exit_code == 0, done.output


def versions(app: Flask) -> list[str]:
    """The versions that were served, newest first."""
    with app.app_context():
        return [one.model_version for one in deployments.history()]


def body_schema(client: StrictClient) -> dict[str, Any]:
    """The answers of an application as the OpenAPI document describes them."""
    document = client.get("/openapi.json").get_json()
    properties: dict[str, Any] = document["components"]["schemas"]["Application"]["properties"]
    return properties


def test_the_catalogue_of_the_served_model_is_answered(client: StrictClient) -> None:
    """Its document is the portfolio's own, its example is accepted, and its fingerprint is the model's."""
    told = client.get("/api/catalogue").get_json()
    assert (told["name"], told["model_version"]) == ("german-credit", "1")
    assert told["document"] == GERMAN.document
    assert told["example"] == EXAMPLE
    assert told["fingerprint"] == client.get("/api/model-info").get_json()["fingerprint"]
    assert client.post("/api/predict", json=told["example"]).status_code == 200


def test_other_inputs_are_refused_with_each_difference_and_what_to_do(app: Flask) -> None:
    """Nothing changes: neither what is served nor the production alias."""
    done = run(app, "promote", "2", "--override", "--reason", "savings matter")
    assert done.exit_code == 3
    assert done.output.splitlines()[1:-1] == [f"  {one}" for one in DIFFERENCES]
    assert "takes other inputs than the model in force" in done.output
    assert 'flask promote 2 --accept-new-inputs --reason "…"' in done.output
    assert versions(app) == ["1"]
    assert "Production" in run(app, "models").output.splitlines()[-1]


def test_a_reload_to_other_inputs_is_refused_too(app: Flask, client: StrictClient) -> None:
    """Whoever moves the production alias in the registry has not accepted them."""
    with app.app_context():
        opened = open_registry()
    opened.promote("2", Approval("a test", "moved in the registry alone"))
    try:
        answer = client.post("/api/reload-model")
    finally:
        opened.promote("1", Approval("a test", "moved back"))
    assert answer.status_code == 409
    assert all(change in answer.get_json()["detail"] for change in DIFFERENCES)
    assert versions(app) == ["1"]


def test_form_schema_code_book_and_documentation_follow_the_served_model_at_once(
    app: Flask, client: StrictClient
) -> None:
    """In a process that has answered under the inputs before."""
    documented = client.get("/openapi.json").get_json()["info"]["x-catalogue"]
    assert documented["fingerprint"] == GERMAN.fingerprint
    assert REMOVED in body_schema(client)
    assert REMOVED in client.get("/codebook").text
    promote_other(app)
    documented = client.get("/openapi.json").get_json()["info"]["x-catalogue"]
    assert documented == {
        "name": OTHER.name,
        "version": OTHER.version,
        "fingerprint": OTHER.fingerprint,
    }
    schema, form, book = body_schema(client), client.get("/").text, client.get("/codebook").text
    assert ADDED in schema
    assert REMOVED not in schema
    assert schema[LIMITED]["maximum"] == NEW_LIMIT
    assert 'name="monthly_savings"' in form
    assert f'name="{BY_NAME[REMOVED].slug}"' not in form
    assert ADDED in book
    assert REMOVED not in book
    assert client.get("/api/catalogue").get_json()["document"] == OTHER.document


def test_an_application_that_fits_the_old_inputs_alone_is_told_what_changed(
    app: Flask, client: StrictClient
) -> None:
    """Alone and in a batch; one that fitted neither is told its own faults only."""
    promote_other(app)
    for savings in ({}, {ADDED: None}, {ADDED: 12.5}):
        assert client.post("/api/predict", json={**OTHER_EXAMPLE, **savings}).status_code == 200
    body = {"applications": [OTHER_EXAMPLE, EXAMPLE]}
    for path, sent in (("/api/predict", EXAMPLE), ("/api/predict-batch", body)):
        answer = client.post(path, json=sent)
        assert answer.status_code == 422
        told = answer.get_json()["detail"]
        assert "fits the inputs before model version 2; since then: " in told
        assert all(change in told for change in DIFFERENCES)
    wrong = client.post("/api/predict", json={**EXAMPLE, "Age in years": 17})
    assert "since then" not in wrong.get_json()["detail"]


def test_a_form_that_was_opened_before_is_told_what_changed(
    app: Flask, officer: StrictClient
) -> None:
    """It is shown again with the fields of now."""
    opened = form_data(csrf_token=csrf_token(officer.get("/").text), duration_in_month="110")
    promote_other(app)
    answer = officer.post("/", data=opened)
    assert answer.status_code == 422
    assert "fits the inputs before model version 2" in answer.text
    assert 'name="monthly_savings"' in answer.text


def test_decisions_under_the_old_inputs_are_still_shown_explained_and_replayed(
    app: Flask, officer: StrictClient
) -> None:
    """By the catalogue and the model that made them."""
    made = officer.post("/api/predict", json=POOR).get_json()
    path, stored = f"/decisions/{made['decision_id']}", f"/api/decisions/{made['decision_id']}"
    before = [officer.get(f"{stored}{part}").get_json() for part in ("", "/alternatives")]
    promote_other(app)
    after = [officer.get(f"{stored}{part}").get_json() for part in ("", "/alternatives")]
    assert before == after
    assert before[0]["reasons"] == made["reasons"] != []
    assert (before[0]["portfolio"], before[0]["fingerprint"]) == (GERMAN.name, GERMAN.fingerprint)
    page = officer.get(path).text
    assert str(BY_NAME[REMOVED].label) in page
    assert made["reasons"][0]["text"] in page
    assert 'id="alternatives"' in page
    assert "the result is the same" in officer.get(f"{path}/replay").text
    officer.post("/api/predict", json=OTHER_EXAMPLE)
    assert run(app, "replay").output == "2 decisions scored again, 0 differ\n"
    assert "60 months" in officer.get(f"{path}/notice").text


@pytest.mark.parametrize("starts_at", [None, datetime(2999, 1, 1, tzinfo=UTC)])
def test_a_rule_on_a_removed_field_keeps_the_model_from_being_promoted(
    app: Flask, starts_at: datetime | None
) -> None:
    """The message names the rule, and what to do first; also if the policy is only planned."""
    policy = Policy(
        "tried", 0.7, 0.4, rules=(Rule(REMOVED, Outcome.REFER, "many credits", over=2),)
    )
    with app.app_context():
        policy_versions.put_in_force(policy, A_TEST, "to have a rule", starts_at=starts_at)
    done = run(
        app, "promote", "2", "--accept-new-inputs", "--override", "--reason", "savings matter"
    )
    assert done.exit_code == 3
    assert f"rule 1: the feature '{REMOVED}' is not one of the scored features" in done.output
    assert "change the rules first: flask policy set --rules FILE" in done.output
    assert versions(app) == ["1"]


def test_a_challenger_scores_what_fits_it_and_says_how_much_did_not(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """Of two applications it can score one; the other is over its limit."""
    done = run(app, "challenge", "2", "--share", "1", "--reason", "to compare")
    assert done.exit_code == 0, done.output
    with app.app_context():
        shadow.of_app(app).look()
        for application in (EXAMPLE, {**EXAMPLE, LIMITED: NEW_LIMIT + 1}):
            assert client.post("/api/predict", json=application).status_code == 200
        shadow.of_app(app).work_off()
    compared = run(app, "compare").output
    assert "could not be scored, as its inputs do not fit the challenger: 1" in compared
    assert "newest decisions scored by both: 1;" in compared
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/challenger").text
    assert "1 applications could not be scored by the challenger" in page


def test_a_rollback_to_other_inputs_works_and_warns(app: Flask, client: StrictClient) -> None:
    """It is urgent, and so needs no permission; the old inputs are accepted again."""
    promote_other(app)
    assert client.post("/api/predict", json=EXAMPLE).status_code == 422
    done = run(app, "rollback", "--reason", "worse")
    assert done.exit_code == 0, done.output
    assert "applications have other inputs now:" in done.output
    assert f'  removed: "{ADDED}"' in done.output
    assert versions(app) == ["1", "2", "1"]
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    told = client.post("/api/predict", json=OTHER_EXAMPLE).get_json()["detail"]
    assert f'since then: removed: "{ADDED}"; added: "{REMOVED}" (required; ' in told


def test_an_admin_accepts_other_inputs_on_the_page_of_the_version(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """Without the tick the differences are listed and nothing changes."""
    client.sign_in("the admin", people[Role.ADMIN])
    page = client.get("/models/2").text
    assert re.search(r'<input type="checkbox" name="accept_new_inputs">', page)
    form = {"csrf_token": csrf_token(page), "version": "2", "reason": "savings matter"}
    form["override"] = "on"
    refused = client.post("/models/promote", data=form)
    assert refused.status_code == 409
    assert f"removed: &#34;{REMOVED}&#34;" in refused.text
    assert versions(app) == ["1"]
    done = client.post("/models/promote", data={**form, "accept_new_inputs": "on"})
    assert done.status_code == 302
    assert versions(app) == ["2", "1"]
    assert client.post("/api/predict", json=OTHER_EXAMPLE).get_json()["model_version"] == "2"
