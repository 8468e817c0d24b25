"""Measures the model on the documented split, and on other splits of the same kind beside it."""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from training.dataset import HELD_OUT, SEED, Dataset, Split
from training.folds import Fit, Numbers, scores_of
from training.validation.decisions import CutOffs
from training.validation.measures import functions, values_of
from training.validation.resampling import bootstrap_interval


def documented_split(
    split: Split, held_out: Numbers, others: list[dict[str, float]], cut_offs: CutOffs
) -> dict[str, dict[str, float]]:
    """Each measure of the hold-out, with its standard deviation over other random splits.

    `held_out` has the scores of the hold-out.
    """
    values = values_of(split.held_out.target.to_numpy(), held_out, cut_offs)
    return {
        name: {"value": value, "spread": float(np.std([one[name] for one in others], ddof=1))}
        for name, value in values.items()
    }


def other_splits(
    whole: Dataset, fit: Fit, cut_offs: CutOffs, count: int
) -> Iterator[dict[str, float]]:
    """The measures of each of some random, stratified splits of 70 to 30."""
    splitter = StratifiedShuffleSplit(count, test_size=HELD_OUT, random_state=SEED)
    target = whole.target.to_numpy()
    for training, held_out in splitter.split(target, target):
        scores = scores_of(fit(whole.take(training)), whole.take(held_out))
        yield values_of(target[held_out], scores, cut_offs)


def out_of_time(
    split: Split, held_out: Numbers, cut_offs: CutOffs
) -> dict[str, dict[str, float]] | None:
    """Each measure of the newest rows, with a bootstrap interval; None if the rows have no days."""
    if not split.from_day:
        return None
    target = split.held_out.target.to_numpy()
    intervals = {
        name: bootstrap_interval(target, held_out, one) for name, one in functions(cut_offs).items()
    }
    return {
        name: {"value": one.mean, "low": one.low, "high": one.high}
        for name, one in intervals.items()
    }
