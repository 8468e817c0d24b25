"""What it costs a model to leave the protected answers out, measured on the same folds with and without."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score

from training import pipeline
from training.dataset import SEED, Dataset

FOLDS, REPEATS = 5, 2


@dataclass(frozen=True)
class ProtectedAblation:
    """The mean ROC AUC with and without, and how far the folds' differences spread (one deviation)."""

    with_protected: float
    without_protected: float
    difference: float
    spread: float

    @property
    def metrics(self) -> dict[str, float]:
        """The figures under the names they are logged by."""
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


def measure(whole: Dataset) -> ProtectedAblation:
    """Cross-validate both models on the same repeated, stratified folds."""
    with_them, without = (_areas(whole, protected=protected) for protected in (True, False))
    differences = without - with_them
    return ProtectedAblation(
        with_protected=float(with_them.mean()),
        without_protected=float(without.mean()),
        difference=float(differences.mean()),
        spread=float(differences.std(ddof=1)),
    )


def _areas(whole: Dataset, *, protected: bool) -> npt.NDArray[np.float64]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=SEED)
    model = pipeline.build(protected=protected)
    found = cross_val_score(model, whole.features, whole.target, scoring="roc_auc", cv=folds)
    return np.asarray(found, dtype=np.float64)
