"""The model: stock scikit-learn steps alone, so that it loads and converts without our code."""

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
    """The unfitted pipeline: `preprocessor`, which drops what is not used, then `classifier`."""
    preprocessor = _preprocessor(used_features(protected=protected))
    return Pipeline(
        [("preprocessor", preprocessor), ("classifier", RandomForestClassifier(**FOREST))]
    )


def probability_good(pipeline: Pipeline, rows: pd.DataFrame) -> Probabilities:
    """The fitted pipeline's own probability of good credit; shape (n,)."""
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
    """Every code of the catalogue, in its order, whether or not the data hold it."""
    return [
        list(feature.values)
        for feature in features
        if isinstance(feature, Choice) and feature.kind == kind
    ]
