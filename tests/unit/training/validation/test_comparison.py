"""A model is compared with benchmarks on the same folds, and its directions with the catalogue."""

import pytest

from creditapp.policy.definition import DEFAULT_POLICY
from tests import mixed
from training.estimators.families import FAMILIES
from training.folds import Folds
from training.validation.comparison import compare
from training.validation.decisions import CutOffs
from training.validation.directions import effects
from training.validation.subject import benchmarks, in_production

WHOLE = mixed.dataset()
FOLDS = Folds(WHOLE, 3, 1)
FIT = FAMILIES["forest"].fit
CUT_OFFS = CutOffs.of(DEFAULT_POLICY)


def test_the_majority_ranks_nobody() -> None:
    """Its ROC AUC is one half, and its Brier score the variance of the outcome."""
    majority, logistic = benchmarks(protected=True)
    compared = compare(FOLDS, FOLDS.scores(FIT), majority, CUT_OFFS)
    share = float(WHOLE.target.mean())
    assert compared.name == "majority"
    assert compared.version is None
    assert compared.measures["roc_auc"].mean == 0.5
    assert compared.measures["brier"].mean == pytest.approx(share * (1 - share), abs=0.001)
    assert compared.differences["roc_auc"].low > 0
    assert 0.5 < compare(FOLDS, FOLDS.scores(FIT), logistic, CUT_OFFS).measures["roc_auc"].mean < 1


def test_a_model_differs_from_itself_by_nothing() -> None:
    """The same family, fitted on the same folds, is no better and no worse."""
    rival = in_production("7", FAMILIES["forest"], protected=True)
    compared = compare(FOLDS, FOLDS.scores(FIT), rival, CUT_OFFS)
    assert compared.version == "7"
    assert all((one.mean, one.low, one.high) == (0, 0, 0) for one in compared.differences.values())


def test_an_effect_has_a_direction() -> None:
    """Whoever saves more pays more often in the made rows; the region means nothing."""
    found = {one.feature: one for one in effects(FIT(WHOLE), WHOLE)}
    assert found["savings"].observed == "higher_is_better"
    assert found["savings"].change > 0.05
    assert found["savings"].agrees is None
    assert "region" not in found


def test_a_direction_that_is_not_expected_is_wrong() -> None:
    """The same data under a catalogue that expects the contrary."""
    fields = [
        {**one, "creditapp": {**one.get("creditapp", {}), "expected_direction": "higher_is_worse"}}
        if one["name"] == "savings"
        else one
        for one in mixed.FIELDS
    ]
    catalogue = mixed.catalogue_of(
        {
            **mixed.DOCUMENT,
            "resources": [{"path": "mixed.csv", "schema": {"fields": fields}}],
        }
    )
    rows = type(WHOLE)(catalogue, WHOLE.answers, WHOLE.target)
    found = {one.feature: one for one in effects(FIT(rows), rows)}
    assert found["savings"].declared == "higher_is_worse"
    assert found["savings"].agrees is False
