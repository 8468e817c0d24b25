"""Builds the model from stock scikit-learn steps only, so that it loads and converts without our code."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from creditapp.applications.catalogue import FEATURE_NAMES, Choice, Feature, used_features
from creditapp.scoring.scorer import Probabilities

FOREST = {
    "n_estimators": 100,
    "max_depth": 10,
    "min_samples_split": 20,
    "min_samples_leaf": 10,
    "random_state": 42,
    "n_jobs": -1,
}


def build(*, protected: bool = True) -> Pipeline:
    """Build the unfitted pipeline: `preprocessor`, which drops unused features, then `classifier`.

    Without `protected`, the model does not use the protected answers.
    """
    preprocessor = _preprocessor(used_features(protected=protected))
    return Pipeline(
        [("preprocessor", preprocessor), ("classifier", RandomForestClassifier(**FOREST))]
    )


def probability_good(pipeline: Pipeline, rows: pd.DataFrame) -> Probabilities:
    """The fitted pipeline's probability of good credit for each row; shape (n,)."""
    probabilities: Probabilities = pipeline.predict_proba(rows[list(FEATURE_NAMES)])
    return probabilities[:, list(pipeline.classes_).index(1)]


def _preprocessor(features: Sequence[Feature]) -> ColumnTransformer:
    ordinal = OrdinalEncoder(categories=_codes("ordinal", features))
    nominal = OneHotEncoder(categories=_codes("nominal", features), sparse_output=False)
    return ColumnTransformer(
        [
            ("numeric", StandardScaler(), _names("numeric", features)),
            ("ordinal", ordinal, _names("ordinal", features)),
            ("nominal", nominal, _names("nominal", features)),
        ]
    )


def _names(kind: str, features: Sequence[Feature]) -> list[str]:
    return [feature.name for feature in features if feature.kind == kind]


def _codes(kind: str, features: Sequence[Feature]) -> list[list[Any]]:
    """All codes of each feature in the catalogue's order, including codes that the data do not hold."""
    return [
        list(feature.values)
        for feature in features
        if isinstance(feature, Choice) and feature.kind == kind
    ]
