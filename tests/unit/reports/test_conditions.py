"""The conditions of a promotion, each with a report that meets it and with one that does not."""

from copy import deepcopy
from typing import Any

import pytest

from creditapp.reports.conditions import Candidate, check_conditions, unmet

GOOD: dict[str, Any] = {
    "made_at": "2026-11-26T10:30:45+00:00",
    "model": {"bundle_digest": "d2", "uses_protected": True},
    "measures": {"calibration_slope": {"mean": 1.0}},
    "benchmarks": [
        {"name": "majority", "version": None, "differences": {}},
        {
            "name": "production",
            "version": "1",
            "differences": {"roc_auc": {"mean": -0.01, "low": -0.02, "high": 0.001}},
        },
    ],
    "directions": [
        {"feature": "income", "declared": "better", "agrees": True},
        {"feature": "age", "declared": None, "agrees": None},
    ],
    "parity": {"rows": 1200, "largest_difference": 5e-7, "limit": 1e-6},
    "fairness": [
        {
            "feature": "age",
            "protected_used": True,
            "groups": [
                {"label": "18–24", "approval_ratio": {"value": 0.7, "low": 0.5, "high": 0.85}},
                {"label": "65–100", "approval_ratio": None},
            ],
        },
        {
            "feature": "age",
            "protected_used": False,
            "groups": [{"label": "18–24", "approval_ratio": {"value": 0, "low": 0, "high": 0}}],
        },
    ],
}


def report_with(*path: Any, value: Any) -> dict[str, Any]:
    """The good report with one value changed."""
    changed = deepcopy(GOOD)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def broken(
    report: dict[str, Any] | None,
    production: str | None = "1",
    before: dict[str, Any] | None = None,
) -> list[str]:
    """What does not hold for version 2 with this report."""
    conditions = check_conditions(Candidate("2", "d2", report), production, before)
    return [str(one) for one in unmet(conditions)]


def test_a_good_report_meets_all_conditions() -> None:
    """A difference that may be none, and a group that is too small, are no reason to refuse."""
    conditions = check_conditions(Candidate("2", "d2", GOOD), "1", None)
    assert [str(one) for one in conditions] == [
        "A validation report: made at 2026-11-26 10:30",
        "Not significantly worse than the model in production: "
        "ROC AUC -0.0100 [-0.0200, +0.0010] on the folds of version 1",
        "A slope of the calibration from 0.8 to 1.25: 1.00",
        "Effects in the directions that the portfolio expects: right for all 1 fields",
        "The export scores as the fitted model does, within 1e-06: "
        "largest difference 5.0e-07 over 1200 rows",
        "An approval ratio of at least 0.8, or not below that in production: "
        "no protected group is significantly below",
    ]
    assert not unmet(conditions)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (None, "A validation report: it has none; run: flask validate 2"),
        (
            report_with("model", "bundle_digest", value="d1"),
            "A validation report: its report is of another bundle; run: flask validate 2",
        ),
        (
            report_with("benchmarks", 1, "differences", "roc_auc", "high", value=-0.001),
            "Not significantly worse than the model in production: "
            "ROC AUC -0.0100 [-0.0200, -0.0010] on the folds of version 1",
        ),
        (
            report_with("measures", "calibration_slope", "mean", value=1.26),
            "A slope of the calibration from 0.8 to 1.25: 1.26",
        ),
        (
            report_with("measures", "calibration_slope", "mean", value=0.79),
            "A slope of the calibration from 0.8 to 1.25: 0.79",
        ),
        (
            report_with("directions", 0, "agrees", value=False),
            "Effects in the directions that the portfolio expects: wrong for income",
        ),
        (
            report_with("parity", "largest_difference", value=2e-6),
            "The export scores as the fitted model does, within 1e-06: "
            "largest difference 2.0e-06 over 1200 rows",
        ),
        (
            report_with("fairness", 0, "groups", 0, "approval_ratio", "high", value=0.79),
            "An approval ratio of at least 0.8, or not below that in production: "
            "age, 18–24: 0.70 [0.50, 0.79]",
        ),
    ],
)
def test_a_condition_that_does_not_hold_is_told_with_its_figure(
    report: dict[str, Any] | None, told: str
) -> None:
    """It alone; the others hold."""
    assert broken(report) == [told]


def test_a_report_that_compares_with_another_version_must_be_made_again() -> None:
    """The model in production changed since; without one there is nothing to compare with."""
    told = "Not significantly worse than the model in production: "
    assert broken(GOOD, "3") == [f"{told}not compared with version 3; run: flask validate 2"]
    assert broken(GOOD, None) == []
    assert broken(GOOD, "2") == []


def test_a_low_approval_ratio_is_accepted_where_production_has_no_higher_one() -> None:
    """A group that is approved as seldom today is no worse off."""
    low = report_with("fairness", 0, "groups", 0, "approval_ratio", "high", value=0.79)
    same = report_with("fairness", 0, "groups", 0, "approval_ratio", "value", value=0.70)
    better = report_with("fairness", 0, "groups", 0, "approval_ratio", "value", value=0.71)
    assert broken(low, before=same) == []
    assert len(broken(low, before=better)) == 1
