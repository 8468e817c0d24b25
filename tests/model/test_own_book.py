"""`flask train --from-log` makes a version of the own decisions; it can be served, and is never promoted."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from flask import Flask

from creditapp.cli.own_book import read_source_again
from creditapp.decisions import erasures
from creditapp.exceptions import RefusedModel
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.reports.chapters import chapters
from creditapp.scoring.bundle import Bundle
from creditapp.serving.registry import Registry
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.past import decide_and_tell
from tests.portfolios import EXAMPLE, GERMAN
from tests.serving import ROOT, Trained, flask
from training import dataset
from training.own_book import OwnBook
from training.validate import Basis, validate
from training.validation.effort import Effort
from training.validation.rendering import as_markdown

LITTLE = Effort(folds=3, repeats=1, splits=2, seeds=1, bootstraps=1)
DAYS = 20


@pytest.fixture
def settings(settings: Settings, trained: Trained, tmp_path: Path) -> Settings:
    """Settings with a registry of this test's own."""
    shutil.copy(trained.registry, tmp_path / "mlflow.db")
    shutil.copytree(trained.registry.parent / "mlruns", tmp_path / "mlruns")
    return replace(settings, mlflow_tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.fixture
def registry(settings: Settings) -> Registry:
    """That registry."""
    return Registry(settings.mlflow_tracking_uri)


@pytest.fixture
def app(app: Flask) -> Flask:
    """An application whose log holds the German applicants, decided on and mature."""
    whole = dataset.load(GERMAN, ROOT / "data" / "estadistical.csv")
    random = np.random.default_rng(3)
    bad = (whole.target.to_numpy() == 0) | (random.random(len(whole)) < 0.25)
    with app.app_context():
        decide_and_tell(whole.rows(), bad.tolist(), DAYS)
    return app


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=arguments)


def train(settings: Settings, *options: str) -> str:
    """Train a scorecard on the log, without its report; what the command printed."""
    done = flask(
        *("train", "--from-log", "--quick", "--estimator", "scorecard", *options),
        database=settings.database_url,
        registry=Path(settings.mlflow_tracking_uri.removeprefix("sqlite:///")),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def report_again(app: Flask, registry: Registry, version: str) -> dict[str, Any]:
    """Make the report of a version with little effort, from the book that is read again."""
    with app.app_context():
        source = read_source_again(registry.training_record(version).params)
        return validate(Basis(source, DEFAULT_POLICY, LITTLE), registry, version, lambda _: None)


def test_a_version_of_the_log_is_staged_and_never_promoted(
    app: Flask, client: StrictClient, settings: Settings, registry: Registry
) -> None:
    """The command says what it uses; production stays; a promotion serves what the pipeline scored."""
    said = train(settings)
    assert "1,000 decisions: " in said
    assert "0 not mature" in said
    assert "reject inference: none. Only accepted credits are used." in said
    assert "the newest from 2024-01-1" in said
    [newest, first] = registry.versions()
    assert (newest.version, newest.stage, newest.portfolio) == ("2", "Staging", "german-credit")
    assert (first.stage, registry.production()) == ("Production", "1")
    assert client.post("/api/predict", json=EXAMPLE).get_json()["model_version"] == "1"
    promoted = run(app, "promote", "2", "--reason", "own data", "--override")
    assert promoted.exit_code == 0, promoted.output
    bundle = Bundle.unpack(registry.fetch_bundle("2"))
    assert bundle.catalogue.fingerprint == GERMAN.fingerprint
    for answers, expected in list(zip(*vars(bundle.golden).values(), strict=True))[:5]:
        answer = client.post("/api/predict", json=answers).get_json()
        assert answer["model_version"] == "2"
        assert answer["probability_good_credit"] == pytest.approx(expected, abs=1e-6)


def test_a_report_says_what_was_selected_and_what_that_does(
    app: Flask, settings: Settings, registry: Registry
) -> None:
    """All decisions are counted once, and all methods are measured on the same hold-out."""
    train(settings, "--reject-inference", "parcelling", "--parcelling-factor", "1.5")
    report = report_again(app, registry, "2")
    selection = report["selection"]
    assert sum(selection["counts"].values()) == 1000
    accepted = selection["counts"]["good"] + selection["counts"]["bad"]
    assert accepted == report["data"]["rows"] == selection["fitted_on"] + selection["held_out"]
    assert (selection["first_day"], selection["last_day"]) == ("2024-01-01", "2024-01-20")
    assert (selection["method"], selection["factor"]) == ("parcelling", 1.5)
    used = [one["method"] for one in selection["effects"] if one["used"]]
    assert used == ["parcelling"]
    assert len({one["realised_bad"] for one in selection["effects"]}) == 1
    own = next(one for one in selection["effects"] if one["used"])
    assert own["roc_auc"]["mean"] == pytest.approx(report["out_of_time"]["roc_auc"]["value"])
    logged = registry.training_record("2").metadata["metrics"]["roc_auc"]
    assert own["roc_auc"]["mean"] == pytest.approx(logged)
    assert sum(one["declined"] for one in selection["bands"]) == selection["counts"]["declined"]
    assert "Training on own decisions" in [one.title for one in chapters(report)]
    declined = selection["counts"]["declined"]
    assert any(
        f"No outcome of the {declined} declined applicants" in one for one in report["limits"]
    )
    text = as_markdown(report)
    assert "Reject inference: parcelling with the factor 1.5." in text
    assert "Each accepted credit counts for the declined applicants of its score band" in text
    json.dumps(report, allow_nan=False)


def test_a_book_that_changed_has_no_report(
    app: Flask, settings: Settings, registry: Registry
) -> None:
    """The rows would be others than those of the training; the message says what to do."""
    train(settings, "--since", "2024-01-03")
    with app.app_context():
        params = registry.training_record("2").params
        source = read_source_again(params)
        assert source.digest == params["data_digest"]
        assert min(one.day for one in source.accepted) == "2024-01-03"
        erasures.erase([str(source.accepted[0].decision_id)], A_TEST, "asked")
    with pytest.raises(RefusedModel, match=r"erased since then; train a new version"):
        report_again(app, registry, "2")
    refused = run(app, "validate", "2")
    assert refused.exit_code != 0
    assert "train a new version: flask train --from-log" in refused.output
    assert "--data does not go with it" in run(app, "validate", "2", "--data", "x.csv").output


def test_reweighting_reaches_the_served_model(
    app: Flask, settings: Settings, registry: Registry
) -> None:
    """It gives other scores than no inference, by weights that the registry names."""
    train(settings)
    train(settings, "--reject-inference", "reweighting")
    plain, weighted = (Bundle.unpack(registry.fetch_bundle(one)) for one in "23")
    assert plain.holdout == weighted.holdout
    assert plain.metadata.score_population != weighted.metadata.score_population
    params = registry.training_record("3").params
    assert params["reject_inference"] == "reweighting"
    with app.app_context():
        source = read_source_again(params)
    assert isinstance(source, OwnBook)
    weights = source.load().weights
    assert weights is not None
    assert weights.max() > 1.2
