"""Compares the direction in which each answer moves a model's score with the catalogue's expectation.

The effect of an answer is its partial dependence (J. H. Friedman, Annals of Statistics 29, 2001): the mean
score of some applicants if all of them gave this answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Direction, Nominal, Ordinal, Question
from training.dataset import Dataset
from training.folds import Numbers, scores_of_frame
from training.frame import frame_of

MOST_ROWS = 500
STEPS = 9
FLAT = 0.005
"""A smaller difference between the lowest and the highest answer is no effect."""

NONE = "none"


@dataclass(frozen=True)
class Effect:
    """How the mean score follows an answer; `change` is that from the lowest to the highest answer.

    `agrees` is None where the catalogue expects no direction, or where there is no effect.
    """

    feature: str
    declared: str | None
    observed: str
    change: float
    agrees: bool | None


def effects(fitted: Pipeline, rows: Dataset) -> list[Effect]:
    """The effect of each answer that has an order, on at most 500 of the rows."""
    some = rows.take(np.arange(min(len(rows), MOST_ROWS)))
    return [
        _effect(question, grid, np.array([*_means(fitted, some, question, grid)]))
        for question in rows.catalogue.features
        if (grid := _grid(question, rows.columns[question.name]))
    ]


def _effect(question: Question, grid: Sequence[Any], means: Numbers) -> Effect:
    # why: the slope over the steps of the grid; one odd step at an end does not turn it.
    change = float(np.polyfit(np.arange(len(grid)), means, 1)[0] * (len(grid) - 1))
    better = change > 0
    observed = str(Direction.BETTER if better else Direction.WORSE)
    if abs(change) < FLAT:
        observed = NONE
    declared = str(question.direction) if question.direction else None
    agrees = None if declared is None or observed == NONE else declared == observed
    return Effect(question.name, declared, observed, change, agrees)


def _grid(question: Question, answers: Sequence[Any]) -> list[Any]:
    """Answers from the lowest to the highest; empty if there is no order, or one answer only."""
    if isinstance(question, Nominal):
        return []
    given = [one for one in answers if not question.is_missing(one)]
    if isinstance(question, Ordinal):
        return [code for code in question.values if code in given]
    numbers = np.unique(given)
    if len(numbers) > STEPS:
        # why: an answer that somebody gave, and none between two of them.
        numbers = np.unique(
            np.quantile(given, np.linspace(0.05, 0.95, STEPS), method="inverted_cdf")
        )
    return [number.item() for number in numbers] if len(numbers) > 1 else []


def _means(
    fitted: Pipeline, rows: Dataset, question: Question, grid: Sequence[Any]
) -> Iterator[float]:
    for answer in grid:
        columns = {**rows.columns, question.name: [answer] * len(rows)}
        frame = frame_of(rows.catalogue, columns)
        yield float(scores_of_frame(fitted, frame).mean())
