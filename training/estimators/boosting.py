"""Gradient boosting whose score follows the expected directions of the catalogue."""

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from creditapp.applications.catalogue import Catalogue
from creditapp.phrases import marked
from creditapp.scoring.encoder import Inputs, width_of
from training import pipeline
from training.dataset import Dataset
from training.estimators.encoding import export_trees, inputs_of
from training.estimators.family import SIGNS, Export, Family
from training.estimators.trees import Tree

BOOSTING: dict[str, Any] = {
    "learning_rate": 0.03,
    "max_iter": 300,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 20,
    "l2_regularization": 10.0,
    "max_features": 0.2,
    "early_stopping": False,
}


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:
    """Fit the preprocessor, round its numbers to float32, and boost under the catalogue's signs."""
    catalogue = rows.catalogue
    encode = pipeline.preprocessor(catalogue, protected=protected)
    # why: serving encodes in float32; trees that compare double numbers would disagree on thresholds.
    single = FunctionTransformer(np.asarray, kw_args={"dtype": "float32"})
    first = Pipeline([("preprocessor", encode), ("single", single)])
    encoded = first.fit_transform(rows.features)
    signs = _signs(catalogue, inputs_of(encode, catalogue))
    boosted = HistGradientBoostingClassifier(**BOOSTING, monotonic_cst=signs, random_state=seed)
    boosted.fit(encoded, rows.target, sample_weight=rows.weights)
    return Pipeline([*first.steps, ("classifier", boosted)])


def export(fitted: Pipeline, catalogue: Catalogue) -> Export:
    """Export the trees as a sum of leaves; the sum and its start are the log-odds of good credit."""
    inputs = inputs_of(fitted.named_steps["preprocessor"], catalogue)
    boosted = fitted.named_steps["classifier"]
    trees = [_tree(predictor.nodes) for [predictor] in boosted._predictors]
    link = {"slope": 1.0, "intercept": float(boosted._baseline_prediction.item())}
    return export_trees(trees, inputs, link)


def _signs(catalogue: Catalogue, inputs: Inputs) -> list[int]:
    """For each encoded column, whether the score must rise (1) or fall (-1) with it, or neither (0)."""
    signs: list[int] = []
    for name, encoding in inputs.items():
        sign = 0 if "nominal" in encoding else SIGNS[catalogue.by_name[name].direction]
        signs += [sign, *[0] * (width_of(encoding) - 1)]
    return signs


def _tree(nodes: Any) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (nodes[side].astype(np.int64) for side in ("left", "right"))
    return Tree(
        column=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        left=np.where(leaf, -1, left),
        right=np.where(leaf, -1, right),
        value=nodes["value"].astype(np.float64),
    )


FAMILY = Family(
    name="boosting",
    title=marked("Gradient boosting, monotone"),
    monotone=True,
    parameters=BOOSTING,
    trusted=[
        "numpy.dtype",
        "numpy.asarray",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    ],
    fit_pipeline=fit,
    export=export,
)
