"""A validation report with every part, small enough to be read."""

from dataclasses import asdict
from typing import Any

from creditapp.simulation.costs import Costs

METHOD = "mean over the folds"


def interval(mean: float, low: float, high: float) -> dict[str, float]:
    """A mean with its interval."""
    return {"mean": mean, "low": low, "high": high}


def ratio(value: float, low: float, high: float) -> dict[str, float]:
    """A value with its interval."""
    return {"value": value, "low": low, "high": high}


CALIBRATION = {"predicted": 0.6, "observed": 0.5, "low": 0.4, "high": 0.6, "count": 100}


def fairness(*, protected_used: bool, value: float) -> dict[str, Any]:
    """The groups of one protected field, of which one is too small."""
    young = {
        "label": "18–24",
        "count": 149,
        "approval_rate": 0.3,
        "calibration": CALIBRATION,
        "reference": False,
    }
    old = {
        "label": "65–100",
        "count": 12,
        "approval_rate": 0.5,
        "calibration": None,
        "reference": True,
    }
    differences = {"tpr_difference": ratio(-0.1, -0.2, 0.1), "fpr_difference": None}
    none = {"tpr_difference": None, "fpr_difference": None}
    return {
        "feature": "Age in years",
        "protected_used": protected_used,
        "groups": [
            {**young, "approval_ratio": ratio(value, value - 0.1, value + 0.1), **differences},
            {**old, "approval_ratio": None, **none},
        ],
    }


def report_of(version: str, digest: str, *, slope: float = 1.02) -> dict[str, Any]:
    """The report of a version of the German portfolio, compared with version 1."""
    auc = interval(0.793, 0.755, 0.831)
    return {
        "format": 1,
        "made_at": "2026-11-26T10:30:45+00:00",
        "model": {
            "name": "RDF_score_pipeline",
            "version": version,
            "family": "scorecard",
            "title": "Scorecard",
            "bundle_digest": digest,
            "uses_protected": True,
            "trained_at": "2026-11-26T10:00:00+00:00",
        },
        "purpose": {
            "title": "German credit",
            "description": "1000 credits.",
            "owner": "unknown",
            "licence": "CC-BY-4.0",
        },
        "data": {
            "portfolio": "german-credit",
            "file": "estadistical.csv",
            "digest": "58fb00a5bbb1700b",
            "rows": 1000,
            "bad_rate": 0.3,
            "inputs": [
                {
                    "name": "Age in years",
                    "title": "Age",
                    "kind": "numeric",
                    "protected": True,
                    "missing_share": 0.0,
                }
            ],
        },
        "folds": {"folds": 10, "repeats": 2, "seed": 42},
        "measures": {
            "roc_auc": {**auc, "method": METHOD},
            "calibration_slope": {**interval(slope, 0.8, 1.2), "method": METHOD},
        },
        "calibration": [CALIBRATION],
        "reasons": {
            "refusals": 140,
            "with_good_answer": 94,
            "needing_good_answer": 10,
            "against_direction": 4,
            "fewer_than_four": 81,
            "without_reasons": 0,
        },
        "tried": ["version 1: forest, protected answers used"],
        "decisions": {
            "policy": "default-1",
            "costs": asdict(Costs()),
            "approve_from": 0.7,
            "refer_from": 0.4,
            "table": {
                "approve": {"good": 90, "bad": 10},
                "refer": {"good": 0, "bad": 0},
                "decline": {"good": 3, "bad": 9},
            },
        },
        "documented_split": {
            "roc_auc": {"value": 0.795, "spread": 0.014},
            "calibration_slope": {"value": 1.81, "spread": 0.17},
        },
        "out_of_time": {"roc_auc": ratio(0.75, 0.7, 0.8)},
        "benchmarks": [
            {
                "name": "production",
                "version": "1",
                "measures": {"roc_auc": auc},
                "differences": {"roc_auc": interval(-0.002, -0.01, 0.006)},
            }
        ],
        "learning_curve": [{"rows": 180, "roc_auc": auc}],
        "stability": {
            "seeds": 10,
            "crossing_by_seed": 0.05,
            "bootstraps": 20,
            "crossing_by_bootstrap": 0.2,
        },
        "segments": [
            {
                "feature": "Age in years",
                "label": "18–24",
                "count": 149,
                "roc_auc": 0.64,
                "predicted": 0.6,
                "observed": 0.5,
            }
        ],
        "robustness": [{"change": "numbers larger by 5 %", "roc_auc": 0.79, "crossing": 0.04}],
        "importance": [{"feature": "Age in years", "drop": 0.01, "low": 0.0, "high": 0.02}],
        "directions": [
            {
                "feature": "Age in years",
                "declared": None,
                "observed": "higher_is_better",
                "change": 0.06,
                "agrees": None,
            }
        ],
        "fairness": [
            fairness(protected_used=False, value=0.9),
            fairness(protected_used=True, value=0.7),
        ],
        "parity": {"rows": 1200, "largest_difference": 5e-7, "limit": 1e-6},
        "limits": ["The data have 1000 rows only."],
    }
