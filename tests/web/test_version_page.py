"""The page of a version, and the comparison of two, over a real registry with reports."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from mlflow import MlflowClient

from creditapp.cli.registry import open_registry
from creditapp.identity import audit
from creditapp.identity.people import Role
from creditapp.serving import remote_commands
from creditapp.serving.approval import Approval
from creditapp.serving.registry import MODEL_NAME
from creditapp.serving.registry_reports import REPORT_FILE
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, csrf_token
from tests.reports import report_of
from tests.serving import Trained, flask


@pytest.fixture(scope="module")
def registry(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose version 2 is a scorecard with a report that is well calibrated; version 3 has none."""
    home = tmp_path_factory.mktemp("registry")
    registry = Path(shutil.copy(trained.registry, home / "mlflow.db"))
    shutil.copytree(trained.registry.parent / "mlruns", home / "mlruns")
    # why: a training keeps the list of its registry in the database that other tests copy.
    database = Path(shutil.copy(trained.database, home / "creditapp.db"))
    for family in ("scorecard", "forest"):
        command = ("train", "--quick", "--estimator", family)
        done = flask(*command, database=database, registry=registry)
        assert done.returncode == 0, done.stderr
    client = MlflowClient(f"sqlite:///{registry}")
    for version, slope in (("1", 1.75), ("2", 1.02)):
        registered = client.get_model_version(MODEL_NAME, version)
        report = report_of(version, registered.tags["bundle_sha256"], slope=slope)
        client.log_text(registered.run_id, json.dumps(report), REPORT_FILE)
    return registry


@pytest.fixture
def settings(settings: Settings, registry: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same for this process as for the commands that the pages have run."""
    own = replace(settings, mlflow_tracking_uri=f"sqlite:///{registry}")
    monkeypatch.setenv("DATABASE_URL", own.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", own.mlflow_tracking_uri)
    # why: a busy machine takes longer than the service waits.
    monkeypatch.setattr(remote_commands, "SECONDS", 300)
    return own


@pytest.fixture
def analyst(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an analyst."""
    client.sign_in("the analyst", people[Role.ANALYST])
    return client


def test_a_version_is_shown_with_conditions_report_and_points(analyst: StrictClient) -> None:
    """Each condition with its figure; the points of a scorecard at the end."""
    page = analyst.get("/models/2").text
    assert "Nobody has promoted this version." in page
    assert "ROC AUC -0.0020 [-0.0100, +0.0060] on the folds of version 1" in page
    assert "A slope of the calibration from 0.8 to 1.25" in page
    assert ">no</span>" not in page
    assert "0.793 [0.755, 0.831]" in page
    assert "The data have 1000 rows only." in page
    assert "Points of each answer" in page
    assert "Promote and serve" not in page


def test_a_version_without_a_report_says_how_to_make_one(analyst: StrictClient) -> None:
    """Nothing is claimed about it."""
    page = analyst.get("/models/3").text
    assert "it has none; run: flask validate 3" in page
    assert "<h2>Performance</h2>" not in page
    assert "Points of each answer" not in page


def test_a_version_that_was_approved_says_by_whom_and_why(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """A broken condition is told; it can be overridden with a reason, which the events keep."""
    client.sign_in("the admin", people[Role.ADMIN])
    form = {"csrf_token": csrf_token(client.get("/models/3").text), "version": "3"}
    refused = client.post("/models/promote", data={**form, "reason": "to try"})
    assert refused.status_code == 409
    assert "it has none; run: flask validate 3" in refused.text
    done = client.post("/models/promote", data={**form, "reason": "to try", "override": "on"})
    assert done.status_code == 302
    page = client.get("/models/3").text
    assert "person:the admin" in page
    assert "A validation report: it has none; run: flask validate 3" in page
    with app.app_context():
        events = audit.find_newest(limit=5)
        open_registry().promote("1", Approval("a test", "as before"))
    [overridden] = [one for one in events if one.action == "conditions overridden"]
    assert (overridden.actor, overridden.subject) == ("person:the admin", "version 3")
    assert overridden.detail.startswith("to try; A validation report: it has none")


def test_two_versions_are_compared(analyst: StrictClient) -> None:
    """Side by side; a version without a report is named."""
    page = analyst.get("/models/compare?first=1&second=2").text
    assert "on the same folds of the same data" in page
    assert "-0.7300" in page
    page = analyst.get("/models/compare?first=1&second=3").text
    assert "Version 3 has no validation report" in page
    assert "on the same folds" not in page


@pytest.mark.parametrize("query", ["", "?first=1&second=99", "?first=1&second=1", "?first=1"])
def test_without_two_versions_there_is_only_the_choice(analyst: StrictClient, query: str) -> None:
    """Whatever the address asks for."""
    answer = analyst.get(f"/models/compare{query}")
    assert answer.status_code == 200
    assert "First version" in answer.text
    assert "<h2>Performance</h2>" not in answer.text


@pytest.mark.parametrize("version", ["99", "x", "01", "2 "])
def test_a_version_that_is_not_registered_is_not_found(analyst: StrictClient, version: str) -> None:
    """The page says so."""
    answer = analyst.get(f"/models/{version}")
    assert answer.status_code == 404
    assert "is registered" in answer.text


def test_without_the_registry_the_pages_say_so(
    analyst: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Serving goes on."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert analyst.get("/models/2").status_code == 503
    assert "does not answer" in analyst.get("/models/compare").text
