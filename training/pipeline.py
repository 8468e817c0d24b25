"""Builds the model from stock scikit-learn steps only, so that it loads and converts without our code."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Choice, Nominal, Ordinal, Question
from creditapp.scoring.scorer import Probabilities
from training.frame import code_text, gap_text, has_gaps, missing_name

FOREST = {
    "n_estimators": 100,
    "max_depth": 10,
    "min_samples_split": 20,
    "min_samples_leaf": 10,
    "random_state": 42,
    "n_jobs": -1,
}


def build(catalogue: Catalogue, *, protected: bool = True, seed: int = 42) -> Pipeline:
    """Build the unfitted pipeline: `preprocessor`, which drops unused features, then `classifier`.

    Without `protected`, the model does not use the protected answers.
    """
    forest = RandomForestClassifier(**{**FOREST, "random_state": seed})
    return Pipeline(
        [("preprocessor", preprocessor(catalogue, protected=protected)), ("classifier", forest)]
    )


def preprocessor(catalogue: Catalogue, *, protected: bool = True) -> ColumnTransformer:
    """The unfitted step that encodes the used features and drops the others."""
    groups = _by_kind(catalogue.used_features(protected=protected))
    ordinal = OrdinalEncoder(categories=_codes(groups["ordinal"]))
    nominal = OneHotEncoder(categories=_codes(groups["nominal"]), sparse_output=False)
    return ColumnTransformer(
        [
            ("numeric", StandardScaler(), _names(groups["numeric"])),
            ("ordinal", ordinal, _names(groups["ordinal"])),
            ("nominal", nominal, _names(groups["nominal"])),
            *(
                (f"missing {one.slug}", _with_gaps(one), [one.name, missing_name(one)])
                for one in groups["gaps"]
            ),
        ]
    )


def probability_good(pipeline: Pipeline, rows: pd.DataFrame) -> Probabilities:
    """The fitted pipeline's probability of good credit for each row of a frame; shape (n,)."""
    probabilities: Probabilities = pipeline.predict_proba(rows)
    return probabilities[:, list(pipeline.classes_).index(1)]


def column_order(features: Sequence[Question]) -> list[Question]:
    """The features in the order of the preprocessor's columns."""
    groups = _by_kind(features)
    return [*groups["numeric"], *groups["ordinal"], *groups["nominal"], *groups["gaps"]]


def _with_gaps(question: Question) -> ColumnTransformer:
    """A number or a rank, filled with the median where it is missing, then a column per missing answer."""
    first: list[tuple[str, Any]] = []
    last: list[tuple[str, Any]] = [("scale", StandardScaler())]
    if isinstance(question, Ordinal):
        ranks = OrdinalEncoder(
            categories=_codes([question]),
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
        )
        first, last = [("rank", ranks)], []
    fill = ("fill", SimpleImputer(strategy="median", keep_empty_features=True))
    answers = [[gap_text(answer) for answer in question.missing_answers]]
    missing = OneHotEncoder(categories=answers, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [
            ("value", Pipeline([*first, fill, *last]), [question.name]),
            ("missing", missing, [missing_name(question)]),
        ]
    )


def _by_kind(features: Sequence[Question]) -> dict[str, list[Question]]:
    """The features by the transformer that encodes them."""
    whole = [one for one in features if not has_gaps(one)]
    return {
        "numeric": [one for one in whole if not isinstance(one, Choice)],
        "ordinal": [one for one in whole if isinstance(one, Ordinal)],
        "nominal": [one for one in whole if isinstance(one, Nominal)],
        "gaps": [one for one in features if has_gaps(one)],
    }


def _names(features: Sequence[Question]) -> list[str]:
    return [feature.name for feature in features]


def _codes(features: Sequence[Question]) -> list[list[str]]:
    """All codes of each feature in the catalogue's order, including codes that the data do not hold."""
    return [
        [
            code_text(code)
            for code in (
                *(one.code for one in feature.codes),
                *(feature.missing_answers if isinstance(feature, Nominal) else ()),
            )
        ]
        for feature in features
    ]
