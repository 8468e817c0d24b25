"""How often each answer occurs in the data, and how many of those credits were bad: for people to read."""

from typing import Any

import numpy as np
import pandas as pd

from creditapp.applications.catalogue import FEATURES, Feature, Numeric
from training.dataset import Split

FEW_VALUES = 10
PARTS = 4
"""A number of many values is told by quarters of the rows."""


def observed(split: Split) -> dict[str, list[dict[str, Any]]]:
    """By feature, over all rows: each code, value, or quarter (`from` and `to`), with `count` and `bad`."""
    parts = (split.training, split.held_out)
    features = pd.concat([part.features for part in parts])
    bad = np.concatenate([part.target.to_numpy() for part in parts]) == 0
    return {one.name: _rows(one, features[one.name].to_numpy(), bad) for one in FEATURES}


def _rows(feature: Feature, answers: Any, bad: Any) -> list[dict[str, Any]]:
    groups: list[tuple[dict[str, Any], Any]]
    if not isinstance(feature, Numeric):
        groups = [({"answer": code}, answers == code) for code in feature.values]
    elif len(values := np.unique(answers)) <= FEW_VALUES:
        groups = [({"answer": int(value)}, answers == value) for value in values]
    else:
        groups = [_quarter(answers, low, high) for low, high in _limits(answers)]
    return [
        {**said, "count": int(here.sum()), "bad": int(bad[here].sum())} for said, here in groups
    ]


def _limits(answers: Any) -> list[tuple[float, float]]:
    edges = np.unique(np.quantile(answers, np.linspace(0, 1, PARTS + 1), method="lower")).tolist()
    return list(zip([-np.inf, *edges[1:-1]], edges[1:], strict=True))


def _quarter(answers: Any, above: float, up_to: float) -> tuple[dict[str, Any], Any]:
    """The rows of a quarter, told by the least and the most of their own answers."""
    here = (answers > above) & (answers <= up_to)
    return {"from": float(answers[here].min()), "to": float(answers[here].max())}, here
