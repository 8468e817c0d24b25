"""A model without protected answers takes all answers, uses fifteen, and is served like any other."""

from dataclasses import replace
from pathlib import Path

import pytest

from creditapp.applications.catalogue import EXAMPLE, FEATURE_NAMES, PROTECTED, Application
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from creditapp.serving.registry import Registry
from tests.serving import flask


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a registry and a database are made."""
    return tmp_path_factory.mktemp("protected")


@pytest.fixture(scope="module")
def said(place: Path) -> str:
    """What the real command says while it trains without protected answers."""
    database, registry = place / "creditapp.db", place / "mlflow.db"
    done = flask("train", "--without-protected", database=database, registry=registry)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def bundle(place: Path, said: str) -> Bundle:
    """What was registered, through the registry's door."""
    return Bundle.unpack(Registry(f"sqlite:///{place / 'mlflow.db'}").fetch_bundle("1"))


def test_fifteen_answers_are_used_and_all_are_known(bundle: Bundle) -> None:
    """Drift is still told for the protected ones."""
    assert set(bundle.metadata.inputs) == set(FEATURE_NAMES) - set(PROTECTED)
    assert len(bundle.metadata.inputs) == 15
    assert set(bundle.metadata.population) == set(FEATURE_NAMES)
    assert bundle.metadata.protected_used == ()


def test_the_cost_is_told(said: str) -> None:
    """The difference on paired folds, with its spread, beside the proof of the export."""
    assert "over 10 paired folds" in said
    assert "rows compared with the fitted pipeline" in said


def test_versions_say_whether_they_use_protected_answers(place: Path, said: str) -> None:
    """In the list of versions."""
    done = flask("models", database=place / "creditapp.db", registry=place / "mlflow.db")
    assert "not used" in done.stdout


def test_protected_answers_change_nothing(bundle: Bundle) -> None:
    """Neither the probability nor what lies outside the training data."""
    changed = {
        "Age in years": 100,
        "Personal status and sex": "A95",
        "foreign worker": "A202",
        "Telephone": "A191",
    }
    scorer = verify(bundle)
    [usual, other] = scorer.score([Application(EXAMPLE), Application({**EXAMPLE, **changed})])
    assert set(changed) == set(PROTECTED)
    assert usual == other


def test_a_model_without_some_of_them_is_refused(bundle: Bundle) -> None:
    """All of them are left out, or none."""
    inputs = {**bundle.metadata.inputs}
    inputs.update({name: {"mean": 0, "scale": 1} for name in PROTECTED[:2]})
    half = replace(bundle, metadata=replace(bundle.metadata, inputs=inputs))
    with pytest.raises(BrokenBundle, match="lacks the feature"):
        verify(half)
