"""Compares the families of models on the same folds of a portfolio's data."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from training.dataset import Dataset
from training.estimators.family import Family
from training.folds import Folds, Interval, Numbers, corrected_interval
from training.validation.calibration import slope

FOLDS, REPEATS = 3, 10


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
    folds = Folds(whole, FOLDS, repeats)
    for family in families:
        for protected in (True, False) if whole.catalogue.protected else (True,):
            say(f"{family.title}{'' if protected else ', without protected answers'}")
            yield _measure(family, folds, protected=protected)


def interval_of(values: Numbers) -> Interval:
    """The mean of a measure over the folds, or of a paired difference, with its corrected interval."""
    return corrected_interval(values, 1 / (FOLDS - 1))


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


def _measure(family: Family, folds: Folds, *, protected: bool) -> Result:
    scores = folds.scores(partial(family.fit, protected=protected))
    pairs = [*zip(folds.targets(), scores, strict=True)]
    aucs, briers, slopes = (
        np.array([measure(target, good) for target, good in pairs])
        for measure in (roc_auc_score, brier_score_loss, slope)
    )
    return Result(family, protected, aucs, briers, slopes)
