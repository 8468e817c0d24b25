"""Cross-validates on repeated, stratified folds, with intervals that count that folds share rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import Pipeline

from training.dataset import SEED, Dataset
from training.pipeline import probability_good

CONFIDENCE = 0.95

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Fit = Callable[[Dataset], Pipeline]
"""Fits a pipeline on some rows."""


@dataclass(frozen=True)
class Interval:
    """A mean, and the limits of its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Fold(NamedTuple):
    """The places of the rows to fit on, and of the rows held out."""

    fitted_on: Places
    held_out: Places


class Fitted(NamedTuple):
    """A pipeline, the rows of its fold that it was not fitted on, and their probabilities of good credit."""

    pipeline: Pipeline
    held_out: Dataset
    good: Numbers


@dataclass(frozen=True)
class Folds:
    """The same rows, cut `repeats` times into `count` stratified folds; equal seeds give equal folds."""

    whole: Dataset
    count: int
    repeats: int
    seed: int = SEED

    @cached_property
    def places(self) -> list[Fold]:
        """The folds, repeat after repeat; shape (count × repeats,)."""
        splitter = RepeatedStratifiedKFold(
            n_splits=self.count, n_repeats=self.repeats, random_state=self.seed
        )
        target = self.whole.target.to_numpy()
        return [Fold(*one) for one in splitter.split(target, target)]

    @property
    def held_out_ratio(self) -> float:
        """The number of rows held out, divided by the number of rows fitted on."""
        return 1 / (self.count - 1)

    def fit(self, fit: Fit) -> Iterator[Fitted]:
        """Fit on each fold, and score the rows held out."""
        for fold in self.places:
            fitted = fit(self.whole.take(fold.fitted_on))
            held_out = self.whole.take(fold.held_out)
            yield Fitted(fitted, held_out, scores_of(fitted, held_out))

    def scores(self, fit: Fit) -> list[Numbers]:
        """The probabilities of good credit of the rows held out, fold by fold."""
        return [one.good for one in self.fit(fit)]

    def targets(self) -> list[Places]:
        """The outcomes of the rows held out, fold by fold: 1 good, 0 bad."""
        target = self.whole.target.to_numpy()
        return [target[fold.held_out] for fold in self.places]

    def by_row(self, scores: list[Numbers]) -> Numbers:
        """The scores of the folds in the order of the rows; shape (repeats, rows)."""
        ordered = np.empty((self.repeats, len(self.whole)))
        for number, (fold, good) in enumerate(zip(self.places, scores, strict=True)):
            ordered[number // self.count, fold.held_out] = good
        return ordered

    def interval(self, values: Numbers) -> Interval:
        """The mean of a measure over the folds, or of a paired difference, with its corrected interval."""
        return corrected_interval(values, self.held_out_ratio)


def scores_of(fitted: Pipeline, rows: Dataset) -> Numbers:
    """The probability of good credit of each row; shape (rows,)."""
    return scores_of_frame(fitted, rows.features)


def scores_of_frame(fitted: Pipeline, frame: pd.DataFrame) -> Numbers:
    """The probability of good credit of each row of a frame, to 12 decimals; shape (rows,)."""
    # why: threads add up the trees of a forest in any order, so the last digits are not always the same.
    return np.asarray(probability_good(fitted, frame)).round(12)


def corrected_interval(values: Numbers, held_out_ratio: float) -> Interval:
    """The mean over folds with the 95 % interval of C. Nadeau, Y. Bengio (Machine Learning 52, 2003).

    Folds share rows, so the variance of their mean is larger than that of independent measurements.
    `held_out_ratio` is the number of rows held out divided by the number of rows fitted on. The interval of
    a single value is NaN.
    """
    count, mean = len(values), float(values.mean())
    if count < 2:
        return Interval(mean, float("nan"), float("nan"))
    deviation = float(values.std(ddof=1)) * float(np.sqrt(1 / count + held_out_ratio))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, count - 1)) * deviation
    return Interval(mean, mean - reach, mean + reach)
