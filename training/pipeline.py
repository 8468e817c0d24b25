"""The model: stock scikit-learn steps alone, so that it loads and converts without our code."""

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from creditapp.features import FEATURE_NAMES, FEATURES, Choice, features_of
from creditapp.scoring import Probabilities

FOREST = {
    "n_estimators": 100,
    "max_depth": 10,
    "min_samples_split": 20,
    "min_samples_leaf": 10,
    "random_state": 42,
    "n_jobs": -1,
}


def build() -> Pipeline:
    """The unfitted pipeline: `preprocessor`, then `classifier`."""
    return Pipeline(
        [("preprocessor", _preprocessor()), ("classifier", RandomForestClassifier(**FOREST))]
    )


def probability_good(pipeline: Pipeline, rows: pd.DataFrame) -> Probabilities:
    """The fitted pipeline's own probability of good credit; shape (n,)."""
    probabilities: Probabilities = pipeline.predict_proba(rows[list(FEATURE_NAMES)])
    return probabilities[:, list(pipeline.classes_).index(1)]


def _preprocessor() -> ColumnTransformer:
    ordinal = OrdinalEncoder(categories=_codes("ordinal"))
    nominal = OneHotEncoder(categories=_codes("nominal"), sparse_output=False)
    return ColumnTransformer(
        [
            ("numeric", StandardScaler(), list(features_of("numeric"))),
            ("ordinal", ordinal, list(features_of("ordinal"))),
            ("nominal", nominal, list(features_of("nominal"))),
        ]
    )


def _codes(kind: str) -> list[list[Any]]:
    """Every code of the catalogue, in its order, whether or not the data hold it."""
    return [
        list(feature.values)
        for feature in FEATURES
        if isinstance(feature, Choice) and feature.kind == kind
    ]
