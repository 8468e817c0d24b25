"""Counts how often each answer occurs in the data, and with how many bad credits, for people to read."""

from typing import Any

import numpy as np
import pandas as pd

from creditapp.applications.catalogue import FEATURES, Feature, Numeric
from training.dataset import Split

FEW_VALUES = 10
QUARTERS = 4
"""A number with more than `FEW_VALUES` different values is counted by quarters of the rows."""


def count_answers(split: Split) -> dict[str, list[dict[str, Any]]]:
    """Count the answers of each feature over all rows.

    Each entry has an `answer` (a code or a value) or a quarter (`from` and `to`, both included), and
    its `count` and number of `bad` credits.
    """
    parts = (split.training, split.held_out)
    features = pd.concat([part.features for part in parts])
    bad = np.concatenate([part.target.to_numpy() for part in parts]) == 0
    return {
        feature.name: _count(feature, features[feature.name].to_numpy(), bad)
        for feature in FEATURES
    }


def _count(feature: Feature, answers: Any, bad: Any) -> list[dict[str, Any]]:
    groups: list[tuple[dict[str, Any], Any]]
    if not isinstance(feature, Numeric):
        groups = [({"answer": code}, answers == code) for code in feature.values]
    elif len(values := np.unique(answers)) <= FEW_VALUES:
        groups = [({"answer": int(value)}, answers == value) for value in values]
    else:
        groups = [_quarter(answers, low, high) for low, high in _limits(answers)]
    return [
        {**label, "count": int(members.sum()), "bad": int(bad[members].sum())}
        for label, members in groups
    ]


def _limits(answers: Any) -> list[tuple[float, float]]:
    """The limits of the quarters: above the first number, up to the second."""
    fractions = np.linspace(0, 1, QUARTERS + 1)
    edges = np.unique(np.quantile(answers, fractions, method="lower")).tolist()
    return list(zip([-np.inf, *edges[1:-1]], edges[1:], strict=True))


def _quarter(answers: Any, above: float, up_to: float) -> tuple[dict[str, Any], Any]:
    """A quarter's label, its smallest and largest answer, and which rows belong to it."""
    members = (answers > above) & (answers <= up_to)
    return {"from": float(answers[members].min()), "to": float(answers[members].max())}, members
