"""A model without protected answers accepts all answers, uses fifteen of them, and can be served."""

from dataclasses import replace
from pathlib import Path

import pytest

from creditapp.applications.catalogue import Application
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from creditapp.serving.registry import Registry
from tests.portfolios import EXAMPLE, FEATURE_NAMES, PROTECTED
from tests.serving import flask


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry and a database."""
    return tmp_path_factory.mktemp("protected")


@pytest.fixture(scope="module")
def output(place: Path) -> str:
    """The output of the real command that trains without protected answers."""
    database, registry = place / "creditapp.db", place / "mlflow.db"
    result = flask("train", "--quick", "--without-protected", database=database, registry=registry)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def bundle(place: Path, output: str) -> Bundle:
    """The registered bundle, fetched from the registry."""
    return Bundle.unpack(Registry(f"sqlite:///{place / 'mlflow.db'}").fetch_bundle("1"))


def test_the_model_uses_fifteen_of_the_nineteen_answers(bundle: Bundle) -> None:
    """The population still holds the protected answers, so that their drift is reported."""
    assert set(bundle.metadata.inputs) == set(FEATURE_NAMES) - set(PROTECTED)
    assert len(bundle.metadata.inputs) == 15
    assert set(bundle.metadata.population) == set(FEATURE_NAMES)
    assert bundle.protected_used == ()


def test_training_prints_the_loss_in_roc_auc(output: str) -> None:
    """The command prints the difference on paired folds, and the rows on which the export was compared."""
    assert "over 10 paired folds" in output
    assert "rows compared with the fitted pipeline" in output


def test_the_list_of_versions_shows_the_use_of_protected_answers(place: Path, output: str) -> None:
    """`flask models` says that this version does not use them."""
    result = flask("models", database=place / "creditapp.db", registry=place / "mlflow.db")
    assert "not used" in result.stdout


def test_protected_answers_do_not_change_the_score(bundle: Bundle) -> None:
    """The probability and the answers outside the training data stay the same."""
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


def test_a_model_without_some_protected_answers_is_refused(bundle: Bundle) -> None:
    """A model must use all protected answers, or none."""
    inputs = {**bundle.metadata.inputs}
    inputs.update({name: {"mean": 0, "scale": 1} for name in PROTECTED[:2]})
    half = replace(bundle, metadata=replace(bundle.metadata, inputs=inputs))
    with pytest.raises(BrokenBundle, match="lacks the feature"):
        verify(half)
