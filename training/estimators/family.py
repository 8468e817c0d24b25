"""What a family of models must be able to do, from fitting to the served bundle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Direction
from creditapp.scoring.encoder import Inputs
from creditapp.scoring.forest import Leaves
from training.dataset import Dataset

TREE = "sklearn.tree._tree.Tree"
SIGNS = {Direction.BETTER: 1, Direction.WORSE: -1, None: 0}
"""Whether the score must rise (1) or fall (-1) with an answer, or neither (0), by its expected direction."""


@dataclass(frozen=True)
class Export:
    """A fitted pipeline as serving needs it.

    Attributes:
        model: the ONNX graph; its input is the encoded answers.
        leaves: the same model as a sum of leaves, which explains.
        inputs: how each feature is encoded, see `encoder.Inputs`.
        link: slope and intercept of `scoring.link.Link`; empty if the leaves add up to the probability.
        ties: answers on and next to the model's thresholds, by feature; there the export is compared first.
    """

    model: bytes
    leaves: Leaves
    inputs: Inputs
    link: Mapping[str, float]
    ties: Sequence[tuple[str, float]]


class Fit(Protocol):
    """Fits a pipeline of stock scikit-learn steps on some rows, with a seed for all that is random.

    Each row counts by its weight.
    """

    def __call__(self, rows: Dataset, *, protected: bool, seed: int) -> Pipeline:
        """Fit; without `protected`, the model does not use the protected answers."""


@dataclass(frozen=True)
class Family:
    """A family of models, by the name that `flask train --estimator` takes.

    Attributes:
        monotone: whether the score follows the expected directions of the catalogue everywhere.
        parameters: what is logged with each training.
        trusted: the types that skops must load besides its own.
        tables: documents of a fitted model for people and databases, by file name.
    """

    name: str
    title: str
    monotone: bool
    parameters: Mapping[str, Any]
    trusted: Sequence[str]
    fit_pipeline: Fit
    export: Callable[[Pipeline, Catalogue], Export]
    tables: Mapping[str, Callable[[Pipeline, Catalogue], str]] = field(default_factory=dict)

    def fit(self, rows: Dataset, *, protected: bool = True, seed: int = 42) -> Pipeline:
        """Fit a pipeline on the rows; equal rows and seeds give equal models."""
        return self.fit_pipeline(rows.to_fit(seed), protected=protected, seed=seed)
