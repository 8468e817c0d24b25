"""Measures how much worse a model ranks applicants if one answer is shuffled among them.

L. Breiman (Machine Learning 45, 2001), on the rows that each fold holds out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from training.dataset import SEED
from training.folds import Fitted, Folds, Numbers, scores_of_frame
from training.frame import frame_of


@dataclass(frozen=True)
class Importance:
    """The loss of ROC AUC without the information of an answer, with its interval over folds."""

    feature: str
    drop: float
    low: float
    high: float


def drops_of(one: Fitted) -> dict[str, float]:
    """The loss of ROC AUC on the rows held out, for each answer that is shuffled."""
    catalogue, target = one.held_out.catalogue, one.held_out.target.to_numpy()
    random = np.random.default_rng(SEED)
    before = roc_auc_score(target, one.good)
    drops = {}
    for name in catalogue.feature_names:
        answers = one.held_out.columns[name]
        shuffled = [answers[place] for place in random.permutation(len(answers))]
        frame = frame_of(catalogue, {**one.held_out.columns, name: shuffled})
        drops[name] = float(before - roc_auc_score(target, scores_of_frame(one.pipeline, frame)))
    return drops


def importances(folds: Folds, drops: Sequence[Mapping[str, float]]) -> list[Importance]:
    """The answers by their importance, the greatest first; `drops` has those of each fold."""
    found = []
    for name in folds.whole.catalogue.feature_names:
        values: Numbers = np.array([fold[name] for fold in drops])
        interval = folds.interval(values)
        found.append(Importance(name, interval.mean, interval.low, interval.high))
    return sorted(found, key=lambda one: -one.drop)
