"""Compares the families of models on the same folds of a portfolio's data.

The intervals are those of Nadeau and Bengio (Machine Learning 52, 2003): folds share rows, so the variance of
their mean is larger than that of independent measurements.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

from training.dataset import SEED, Dataset
from training.estimators.family import Family
from training.pipeline import probability_good

FOLDS, REPEATS = 3, 10
CONFIDENCE = 0.95
NEARLY_CERTAIN = 1e-6
"""A probability of 0 or 1 has no log-odds; it counts as this near to it."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over folds, and the limits of its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Result:
    """What a family reached on the folds; the arrays have the shape (folds,).

    `slopes` are those of the calibration: 1 is right, more is a model that is not confident enough.
    """

    family: Family
    protected: bool
    aucs: Numbers
    briers: Numbers
    slopes: Numbers


def compare(
    whole: Dataset,
    families: Sequence[Family],
    say: Callable[[str], None],
    *,
    repeats: int = REPEATS,
) -> Iterator[Result]:
    """Fit each family on all folds, with and without the protected answers if there are any."""
    target = whole.target.to_numpy()
    splitter = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=SEED)
    folds = [
        (whole.take(fitted_on), whole.take(held_out))
        for fitted_on, held_out in splitter.split(target, target)
    ]
    for family in families:
        for protected in (True, False) if whole.catalogue.protected else (True,):
            say(f"{family.title}{'' if protected else ', without protected answers'}")
            yield _measure(family, folds, protected=protected)


def interval_of(values: Numbers) -> Interval:
    """The mean of a measure over the folds, or of a paired difference, with its corrected interval."""
    folds, mean = len(values), float(values.mean())
    deviation = float(values.std(ddof=1)) * np.sqrt(1 / folds + 1 / (FOLDS - 1))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, folds - 1)) * float(deviation)
    return Interval(mean, mean - reach, mean + reach)


def table_of(results: Sequence[Result]) -> list[str]:
    """The results as lines of text, with the difference of each ROC AUC from that of the first one."""
    lines = [
        f"{'family':<19}{'protected':<11}{'ROC AUC':<24}{'from the first':<26}"
        f"{'Brier':<8}calibration slope"
    ]
    for result in results:
        difference = interval_of(result.aucs - results[0].aucs)
        lines.append(
            f"{result.family.name:<19}{'used' if result.protected else 'not used':<11}"
            f"{interval_of(result.aucs)!s:<24}"
            f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]   "
            f"{result.briers.mean():<8.4f}{result.slopes.mean():.2f}"
        )
    return lines


def _measure(
    family: Family, folds: Sequence[tuple[Dataset, Dataset]], *, protected: bool
) -> Result:
    measured = []
    for fitted_on, held_out in folds:
        fitted = family.fit(fitted_on, protected=protected)
        good = probability_good(fitted, held_out.features)
        target = held_out.target.to_numpy()
        brier = brier_score_loss(target, good)
        measured.append((roc_auc_score(target, good), brier, _slope(good, target)))
    aucs, briers, slopes = np.array(measured).T
    return Result(family, protected, aucs, briers, slopes)


def _slope(good: Numbers, target: npt.NDArray[np.int64]) -> float:
    """The slope of the calibration: of a logistic regression of the outcome on the log-odds."""
    clipped = good.clip(NEARLY_CERTAIN, 1 - NEARLY_CERTAIN)
    log_odds = np.log(clipped / (1 - clipped)).reshape(-1, 1)
    unpenalised = LogisticRegression(C=np.inf, max_iter=1000)
    return float(unpenalised.fit(log_odds, target).coef_[0, 0])
