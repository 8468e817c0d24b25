"""Measures what more rows would bring: the ROC AUC of models that are fitted on a part of the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from training.dataset import SEED, Dataset
from training.folds import Fit, Folds, Interval, Numbers, corrected_interval
from training.validation.measures import values_by_fold

SHARES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Point:
    """The number of rows fitted on, and the ROC AUC on the rows held out."""

    rows: int
    roc_auc: Interval


def learning_curve(folds: Folds, scores: list[Numbers], fit: Fit) -> Iterator[Point]:
    """A point for each share of the rows of a fold, on the folds of the first repeat.

    The last point has all rows of a fold; `scores` are those of all folds.
    """
    first = Folds(folds.whole, folds.count, 1, folds.seed)
    [fitted_on, held_out] = [len(places) for places in first.places[0]]
    for share in SHARES:
        rows = int(share * fitted_on)
        values = _roc_aucs(first, first.scores(partial(_fit_on_part, fit, rows)))
        yield Point(rows, corrected_interval(values, held_out / rows))
    values = _roc_aucs(first, scores[: first.count])
    yield Point(fitted_on, corrected_interval(values, held_out / fitted_on))


def _fit_on_part(fit: Fit, rows: int, whole: Dataset) -> Pipeline:
    """Fit on a stratified part of the rows."""
    places, _ = train_test_split(
        np.arange(len(whole)), train_size=rows, random_state=SEED, stratify=whole.target
    )
    return fit(whole.take(places))


def _roc_aucs(folds: Folds, scores: list[Numbers]) -> Numbers:
    return values_by_fold(folds, scores, roc_auc_score)
