"""Counts how often each answer occurs in the data, and with how many bad credits, for people to read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from creditapp.applications.questions import Answer, Choice, Question
from training.dataset import Split

FEW_VALUES = 10
QUARTERS = 4
"""A number with more than `FEW_VALUES` different values is counted by quarters of the rows."""


def count_answers(split: Split) -> dict[str, list[dict[str, Any]]]:
    """Count the answers of each feature over all rows.

    Each entry has an `answer` (a code, a value, or a missing answer) or a quarter (`from` and `to`, both
    included), and its `count` and number of `bad` credits.
    """
    parts = (split.training, split.held_out)
    bad = np.concatenate([part.target.to_numpy() for part in parts]) == 0
    return {
        question.name: _count(
            question, [*_answers(parts[0], question), *_answers(parts[1], question)], bad
        )
        for question in split.training.catalogue.features
    }


def _answers(part: Any, question: Question) -> Sequence[Answer]:
    answers: Sequence[Answer] = part.columns[question.name]
    return answers


def _count(question: Question, answers: Sequence[Answer], bad: Any) -> list[dict[str, Any]]:
    codes = [code.code for code in question.codes] if isinstance(question, Choice) else []
    groups = [
        ({"answer": code}, np.array([one is code or one == code for one in answers]))
        for code in [*codes, *question.missing_answers]
    ]
    if not isinstance(question, Choice):
        groups = [*_number_groups(question, answers), *groups]
    return [
        {**label, "count": int(members.sum()), "bad": int(bad[members].sum())}
        for label, members in groups
    ]


def _number_groups(
    question: Question, answers: Sequence[Answer]
) -> list[tuple[dict[str, Any], Any]]:
    missing = set(question.missing_answers)
    numbers = np.array([np.nan if one in missing else one for one in answers], dtype=float)
    values = np.unique(numbers[~np.isnan(numbers)])
    if len(values) <= FEW_VALUES:
        return [({"answer": _plain(value)}, numbers == value) for value in values]
    return [_quarter(numbers, low, high) for low, high in _limits(numbers)]


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _limits(numbers: Any) -> list[tuple[float, float]]:
    """The limits of the quarters: above the first number, up to the second."""
    fractions = np.linspace(0, 1, QUARTERS + 1)
    present = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(present, fractions, method="lower")).tolist()
    return list(zip([-np.inf, *edges[1:-1]], edges[1:], strict=True))


def _quarter(numbers: Any, above: float, up_to: float) -> tuple[dict[str, Any], Any]:
    """A quarter's label, its smallest and largest answer, and which rows belong to it."""
    members = (numbers > above) & (numbers <= up_to)
    return {"from": float(numbers[members].min()), "to": float(numbers[members].max())}, members
