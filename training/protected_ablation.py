"""Measures what a model loses without the protected answers, on the same folds with and without them."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.metrics import roc_auc_score

from training.dataset import Dataset
from training.estimators.family import Family
from training.folds import Fit, Folds, Numbers

FOLDS, REPEATS = 5, 2


@dataclass(frozen=True)
class ProtectedAblation:
    """The mean ROC AUC with and without the protected answers.

    `difference` is the mean of the folds' differences (without minus with), and `spread` their standard
    deviation.
    """

    with_protected: float
    without_protected: float
    difference: float
    spread: float

    @property
    def metrics(self) -> dict[str, float]:
        """The figures by their names in MLflow."""
        return {
            "cv_roc_auc_with_protected": self.with_protected,
            "cv_roc_auc_without_protected": self.without_protected,
            "cv_roc_auc_difference": self.difference,
            "cv_roc_auc_difference_spread": self.spread,
        }

    def __str__(self) -> str:
        return (
            f"without protected answers the ROC AUC is {self.without_protected:.3f}, with them "
            f"{self.with_protected:.3f}; difference {self.difference:+.4f}, "
            f"spread {self.spread:.4f} over {FOLDS * REPEATS} paired folds"
        )


def measure(whole: Dataset, family: Family) -> ProtectedAblation:
    """Cross-validate both models on the same repeated, stratified folds."""
    folds = Folds(whole, FOLDS, REPEATS)
    with_protected, without = (
        _roc_aucs(folds, partial(family.fit, protected=protected)) for protected in (True, False)
    )
    differences = without - with_protected
    return ProtectedAblation(
        with_protected=float(with_protected.mean()),
        without_protected=float(without.mean()),
        difference=float(differences.mean()),
        spread=float(differences.std(ddof=1)),
    )


def _roc_aucs(folds: Folds, fit: Fit) -> Numbers:
    pairs = zip(folds.targets(), folds.scores(fit), strict=True)
    return np.array([roc_auc_score(target, good) for target, good in pairs])
