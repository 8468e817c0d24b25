"""The measures of a model's scores, each with its name in the report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from creditapp.phrases import marked
from training.folds import Folds, Interval, Numbers
from training.validation import calibration
from training.validation.decisions import CutOffs
from training.validation.h_measure import h_measure
from training.validation.resampling import bootstrap_interval

BY_FOLD = marked("mean over the folds; Nadeau–Bengio interval")
BY_APPLICANT = marked("all applicants of a repeat together; bootstrap interval over applicants")

Measure = Callable[[Any, Numbers], float]
"""Takes the outcomes (1 good, 0 bad) and the probabilities of good credit, both of the shape (rows,)."""


@dataclass(frozen=True)
class Measured:
    """A measure with its 95 % interval, its value in each fold, and how the interval was made."""

    mean: float
    low: float
    high: float
    by_fold: list[float]
    method: str


def kolmogorov_smirnov(target: Any, good: Numbers) -> float:
    """The largest distance between the distributions of the scores of good and of bad credits."""
    approved_bad, approved_good, _ = roc_curve(target, good)
    return float((approved_good - approved_bad).max())


def gini(target: Any, good: Numbers) -> float:
    """2 ROC AUC - 1."""
    return 2 * float(roc_auc_score(target, good)) - 1


MEASURES: Mapping[str, Measure] = {
    "roc_auc": roc_auc_score,
    "gini": gini,
    "ks": kolmogorov_smirnov,
    "h_measure": h_measure,
    "brier": brier_score_loss,
    "log_loss": log_loss,
    "calibration_slope": calibration.slope,
    "calibration_intercept": calibration.intercept,
    "ece": calibration.expected_error,
}
METHODS: Mapping[str, str] = {
    **dict.fromkeys(("roc_auc", "gini", "brier", "log_loss", "cost"), BY_FOLD),
    # why: in the few rows of one fold, these are far from what they are in many rows.
    **dict.fromkeys(
        ("ks", "h_measure", "calibration_slope", "calibration_intercept", "ece"), BY_APPLICANT
    ),
}


def measure(folds: Folds, scores: list[Numbers], cut_offs: CutOffs) -> dict[str, Measured]:
    """Measure the scores of the folds: all of `MEASURES`, and the cost at the policy's cut-offs."""
    return {
        name: _measured(folds, scores, one, METHODS[name])
        for name, one in functions(cut_offs).items()
    }


def functions(cut_offs: CutOffs) -> dict[str, Measure]:
    """All measures by name, with the cost at the policy's cut-offs."""
    return {**MEASURES, "cost": cut_offs.cost}


def values_by_fold(folds: Folds, scores: list[Numbers], one: Measure) -> Numbers:
    """A measure in each fold; shape (folds,)."""
    pairs = zip(folds.targets(), scores, strict=True)
    return np.array([float(one(target, good)) for target, good in pairs])


def values_of(target: Any, good: Numbers, cut_offs: CutOffs) -> dict[str, float]:
    """All measures of one set of scores."""
    return {name: float(one(target, good)) for name, one in functions(cut_offs).items()}


def _measured(folds: Folds, scores: list[Numbers], one: Measure, method: str) -> Measured:
    values = values_by_fold(folds, scores, one)
    interval = folds.interval(values) if method == BY_FOLD else _over_applicants(folds, scores, one)
    return Measured(interval.mean, interval.low, interval.high, values.tolist(), method)


def _over_applicants(folds: Folds, scores: list[Numbers], one: Measure) -> Interval:
    repeats = folds.by_row(scores)
    return bootstrap_interval(
        folds.whole.target.to_numpy(),
        repeats,
        lambda target, good: float(np.mean([one(target, row) for row in good])),
    )
