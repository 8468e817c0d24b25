"""A small made portfolio with every kind of answer and every way of missing one."""

import random
from typing import Any

import pandas as pd

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import catalogue_of
from training.dataset import Dataset

FIELDS: list[dict[str, Any]] = [
    {"name": "loan", "type": "string", "creditapp": {"role": "reference"}},
    {"name": "applied", "type": "date", "creditapp": {"role": "date"}},
    {
        "name": "income",
        "type": "number",
        "missingValues": ["", {"value": "-1", "label": "no file"}],
        "constraints": {"exclusiveMinimum": 0, "maximum": 1000000},
        "creditapp": {"unit": "EUR"},
    },
    {
        "name": "savings",
        "type": "integer",
        "constraints": {"minimum": 0, "maximum": 100000},
        "creditapp": {"changeable": "larger"},
    },
    {
        "name": "age",
        "type": "integer",
        "constraints": {"required": True, "minimum": 18, "maximum": 99},
        "creditapp": {"protected": True, "bands": [18, 30, 50]},
    },
    {
        "name": "school",
        "type": "string",
        "categories": ["none", "lower", "higher"],
        "categoriesOrdered": True,
        "missingValues": ["", {"value": "?", "label": "not asked"}],
    },
    {
        "name": "grade",
        "type": "integer",
        "categories": [1, 2, 3],
        "categoriesOrdered": True,
        "missingValues": ["-9"],
        "constraints": {"required": True},
    },
    {
        "name": "work",
        "type": "string",
        "categories": [{"value": "A", "label": "office"}, {"value": "B", "label": "field"}],
        "missingValues": ["", "?"],
        "creditapp": {"protected": True},
    },
    {
        "name": "region",
        "type": "integer",
        "categories": [10, 20, 30],
        "constraints": {"required": True},
    },
    {"name": "married", "type": "boolean"},
    {
        "name": "owner",
        "type": "boolean",
        "trueValues": ["y", "yes"],
        "falseValues": ["n"],
        "constraints": {"required": True},
        "creditapp": {"changeable": [True]},
    },
    {
        "name": "born",
        "type": "date",
        "constraints": {"required": True, "minimum": "1900-01-01"},
    },
    {
        "name": "hired",
        "type": "date",
        "format": "%d.%m.%Y",
        "missingValues": ["", {"value": "never", "label": "never hired"}],
    },
    {"name": "note", "type": "string", "creditapp": {"role": "recorded"}},
    {"name": "paid", "type": "boolean", "creditapp": {"role": "outcome"}},
]
EXAMPLE: dict[str, Any] = {
    "applied": "2025-06-30",
    "income": 2500.5,
    "savings": 80,
    "age": 41,
    "school": "lower",
    "grade": 2,
    "work": "A",
    "region": 20,
    "married": True,
    "owner": False,
    "born": "1984-02-29",
    "hired": "2020-01-01",
}
DOCUMENT: dict[str, Any] = {
    "name": "mixed",
    "creditapp": {
        "currency": "EUR",
        "outcome": {"field": "paid", "good": [True], "bad": [False]},
        "example": EXAMPLE,
    },
    "resources": [{"path": "mixed.csv", "schema": {"fields": FIELDS}}],
}
MIXED = catalogue_of(DOCUMENT)

ANSWERS: dict[str, list[Any]] = {
    "applied": ["2024-01-31", "2024-07-01", "2025-02-28", "2025-06-30"],
    "income": [None, -1, -1.0, 0.01, 900, 1500.25, 4000.0],
    "savings": [None, 0, 250, 800, 12000],
    "age": [18, 29, 30, 49, 50, 75],
    "school": [None, "?", "none", "lower", "higher"],
    "grade": [-9, 1, 2, 3],
    "work": [None, "?", "A", "B"],
    "region": [10, 20, 30],
    "married": [None, False, True],
    "owner": [False, True],
    "born": ["1950-12-31", "1984-02-29", "2000-01-01"],
    "hired": [None, "never", "1999-12-31", "2024-01-31"],
}
"""The answers of the made rows, those that stand for a missing value first."""


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Made rows, each answer drawn by itself."""
    draw = random.Random(seed)
    return [{name: draw.choice(answers) for name, answers in ANSWERS.items()} for _ in range(count)]


def dataset(count: int = 400) -> Dataset:
    """Made rows whose credits go well more often the more is saved, and where the income is known."""
    made, draw = rows(count), random.Random(2)
    columns = {name: [row[name] for row in made] for name in [*MIXED.feature_names, "applied"]}
    chances = [
        0.3 + 0.3 * ((row["savings"] or 0) > 500) + 0.3 * (row["income"] not in (None, -1))
        for row in made
    ]
    good = [int(draw.random() < chance) for chance in chances]
    return Dataset(MIXED, columns, pd.Series(good, name="paid"))


def catalogue_with(name: str, /, **changes: Any) -> Catalogue:
    """The catalogue with some keys of one field changed."""
    fields = [{**field, **changes} if field["name"] == name else field for field in FIELDS]
    example = {changes.get("name", one) if one == name else one: EXAMPLE[one] for one in EXAMPLE}
    return catalogue_of(
        {
            **DOCUMENT,
            "creditapp": {**DOCUMENT["creditapp"], "example": example},
            "resources": [{"path": "mixed.csv", "schema": {"fields": fields}}],
        }
    )


def catalogue_with_follows(followed: dict[str, list[str]]) -> Catalogue:
    """The catalogue in which some fields follow others."""
    fields = [
        {**field, "creditapp": {**field.get("creditapp", {}), "follows": followed[field["name"]]}}
        if field["name"] in followed
        else field
        for field in FIELDS
    ]
    return catalogue_of(
        {**DOCUMENT, "resources": [{"path": "m.csv", "schema": {"fields": fields}}]}
    )
