"""The limits of a model are sentences about its own figures."""

from typing import Any

from training.validation.limits import ASSUMPTIONS, limits

SURE = {"mean": 0.8, "low": 0.79, "high": 0.81}
RATIO = {"value": 0.9, "low": 0.85, "high": 0.95}


def report(**changed: Any) -> dict[str, Any]:
    """A report without anything to limit, but what is changed."""
    faultless: dict[str, Any] = {
        "data": {"rows": 50_000},
        "measures": {"roc_auc": SURE, "calibration_slope": {"mean": 1.0}},
        "out_of_time": {},
        "purpose": {"owner": "the bank"},
        "model": {"monotone": True, "uses_protected": True, "logged_roc_auc": 0.8},
        "documented_split": {"roc_auc": {"value": 0.8}},
        "benchmarks": [{"name": "majority", "differences": {"roc_auc": {"low": 0.2}}}],
        "directions": [{"feature": "age", "declared": "higher_is_better", "agrees": True}],
        "stability": {"crossing_by_bootstrap": 0.12},
        "fairness": [
            {
                "feature": "age",
                "protected_used": True,
                "groups": [{"label": "18–29", "approval_ratio": RATIO}],
            }
        ],
    }
    return {**faultless, **changed}


def said(**changed: Any) -> list[str]:
    """The sentences that a change adds."""
    usual = limits(report())
    return [sentence for sentence in limits(report(**changed)) if sentence not in usual]


def test_a_faultless_report_states_its_assumptions() -> None:
    """And how much chance decides, which is never nothing."""
    assert limits(report()) == [
        "Fitted on rows drawn again, the model decides otherwise about 12% of the applicants.",
        *ASSUMPTIONS,
    ]


def test_a_model_that_cannot_be_fitted_again_is_said() -> None:
    """Then the figures are those of another model; old versions logged nothing to compare with."""
    model = {"monotone": True, "uses_protected": True, "logged_roc_auc": 0.77}
    [sentence] = said(model=model)
    assert "0.8000" in sentence
    assert "0.7700" in sentence
    assert not said(model={**model, "logged_roc_auc": None})


def test_each_weak_figure_is_said() -> None:
    """One sentence each, with the figure."""
    assert "900 rows only" in said(data={"rows": 900})[0]
    assert "no day of application" in said(out_of_time=None)[0]
    assert "names no owner" in said(purpose={"owner": "unknown"})[0]
    slopes = {"roc_auc": SURE, "calibration_slope": {"mean": 1.81}}
    assert "not confident enough: the calibration slope is 1.81" in said(measures=slopes)[0]
    slopes = {"roc_auc": SURE, "calibration_slope": {"mean": 0.5}}
    assert "too confident" in said(measures=slopes)[0]
    near = [{"name": "logistic regression", "differences": {"roc_auc": {"low": -0.01}}}]
    assert "“logistic regression”" in said(benchmarks=near)[0]


def test_directions_that_are_wrong_or_unknown_are_named() -> None:
    """Both in their own sentence."""
    found = [
        {"feature": "age", "declared": None, "agrees": None},
        {"feature": "debt", "declared": "higher_is_worse", "agrees": False},
    ]
    undeclared, wrong = said(directions=found)
    assert undeclared == "1 of 2 answers with an order have no expected direction: age."
    assert wrong == "These answers move the score against the expected direction: debt."


def test_a_ratio_is_low_where_its_whole_interval_is() -> None:
    """A group that may be above four fifths is not named; one with few applicants is counted."""
    groups = [
        {"label": "18–29", "approval_ratio": {"value": 0.6, "low": 0.5, "high": 0.79}},
        {"label": "30–49", "approval_ratio": {"value": 0.7, "low": 0.5, "high": 0.9}},
        {"label": "50–99", "approval_ratio": None},
    ]
    table = {"feature": "age", "protected_used": True, "groups": groups}
    other = {**table, "protected_used": False}
    few, low = said(fairness=[table, other])
    assert few.startswith("1 of 3 groups")
    assert low == "age, 18–29: the approval ratio is 0.60 [0.50, 0.79], below 0.8."
