"""Measures what a model loses without the protected answers, on the same folds with and without them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

from training.dataset import SEED, Dataset
from training.estimators.family import Family
from training.pipeline import probability_good

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
    with_protected, without = (
        _roc_aucs(whole, family, protected=protected) for protected in (True, False)
    )
    differences = without - with_protected
    return ProtectedAblation(
        with_protected=float(with_protected.mean()),
        without_protected=float(without.mean()),
        difference=float(differences.mean()),
        spread=float(differences.std(ddof=1)),
    )


def _roc_aucs(whole: Dataset, family: Family, *, protected: bool) -> npt.NDArray[np.float64]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=SEED)
    target = whole.target.to_numpy()
    aucs = []
    for fitted_on, held_out in folds.split(target, target):
        fitted = family.fit(whole.take(fitted_on), protected=protected)
        good = probability_good(fitted, whole.features.iloc[held_out])
        aucs.append(roc_auc_score(target[held_out], good))
    return np.array(aucs)
