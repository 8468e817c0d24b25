"""Looks for groups of applicants among whom the model is weak, by each answer."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from training.dataset import Dataset
from training.folds import Numbers
from training.validation.fairness import group_labels

SMALLEST = 50
"""Smaller segments are left out."""

FEWEST_OF_A_CLASS = 10
"""With fewer good or fewer bad credits, a segment has no ROC AUC."""

MOST = 20


@dataclass(frozen=True)
class Segment:
    """The applicants with the same answer, or with a number in the same band.

    `predicted` is their mean probability of good credit, `observed` the share that was good.
    """

    feature: str
    label: str
    count: int
    roc_auc: float | None
    predicted: float
    observed: float


def weakest(whole: Dataset, good: Numbers) -> list[Segment]:
    """The 20 segments with the lowest ROC AUC; `good` has the score of each row, shape (rows,)."""
    found = [*_segments(whole, good)]
    return sorted(found, key=lambda one: (one.roc_auc is None, one.roc_auc or 0.0))[:MOST]


def _segments(whole: Dataset, good: Numbers) -> Iterator[Segment]:
    target = whole.target.to_numpy()
    for question in whole.catalogue.features:
        labels = np.array([label or "" for label in group_labels(whole, question)])
        for label in dict.fromkeys(labels.tolist()):
            members = labels == label
            if label and members.sum() >= SMALLEST:
                yield Segment(
                    question.name,
                    label,
                    int(members.sum()),
                    _roc_auc(target[members], good[members]),
                    float(good[members].mean()),
                    float(target[members].mean()),
                )


def _roc_auc(target: Numbers, good: Numbers) -> float | None:
    if min(target.sum(), len(target) - target.sum()) < FEWEST_OF_A_CLASS:
        return None
    return float(roc_auc_score(target, good))
