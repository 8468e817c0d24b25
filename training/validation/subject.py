"""The model that a report is about, and those that it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from creditapp.phrases import marked
from training import pipeline
from training.dataset import Dataset
from training.estimators.family import Family
from training.folds import Fit


@dataclass(frozen=True)
class Subject:
    """A registered version, as it can be fitted again.

    `record` is what the registry says of it: `version`, `run_id`, `bundle_digest`, `trained_at`,
    `data_digest`, `logged_roc_auc` (on the hold-out; None if unknown) and `parameters`. `parity` holds the
    rows compared and the largest difference of the export.
    """

    family: Family
    protected: bool
    record: Mapping[str, Any]
    parity: Mapping[str, Any]

    @cached_property
    def fit(self) -> Fit:
        """Fits the model on some rows."""
        return partial(self.family.fit, protected=self.protected)

    @cached_property
    def contrary(self) -> Fit:
        """Fits the same family without the protected answers if the model uses them, else with them."""
        return partial(self.family.fit, protected=not self.protected)


@dataclass(frozen=True)
class Rival:
    """A model to compare with; a version if it is a registered one."""

    name: str
    fit: Fit
    version: str | None = None


def benchmarks(*, protected: bool) -> list[Rival]:
    """The share of good credit for everybody, and a logistic regression on the same answers."""
    return [
        Rival(marked("majority"), _fit_majority),
        Rival(marked("logistic regression"), partial(_fit_logistic, protected=protected)),
    ]


def in_production(version: str, family: Family, *, protected: bool) -> Rival:
    """The version in production, fitted again."""
    return Rival(marked("production"), partial(family.fit, protected=protected), version)


def _fit_majority(rows: Dataset) -> Pipeline:
    prior = Pipeline([("classifier", DummyClassifier(strategy="prior"))])
    return prior.fit(rows.features, rows.target)


def _fit_logistic(rows: Dataset, *, protected: bool) -> Pipeline:
    encode = pipeline.preprocessor(rows.catalogue, protected=protected)
    classifier = LogisticRegression(max_iter=5000)
    return Pipeline([("preprocessor", encode), ("classifier", classifier)]).fit(
        rows.features, rows.target
    )
