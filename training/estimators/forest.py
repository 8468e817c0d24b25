"""The documented random forest, the default family."""

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Catalogue
from creditapp.phrases import marked
from creditapp.scoring.bundle import FIRST_FAMILY
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.scorer import INPUT
from training import pipeline
from training.dataset import Dataset
from training.estimators.encoding import export_trees, inputs_of
from training.estimators.family import TREE, Export, Family
from training.estimators.trees import Tree


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:
    """Fit the preprocessor and the forest."""
    unfitted = pipeline.build(rows.catalogue, protected=protected, seed=seed)
    return unfitted.fit(rows.features, rows.target, classifier__sample_weight=rows.weights)


def export(fitted: Pipeline, catalogue: Catalogue) -> Export:
    """Convert the forest; its leaves add up to the probability of good credit."""
    inputs = inputs_of(fitted.named_steps["preprocessor"], catalogue)
    forest = fitted.named_steps["classifier"]
    types = [(INPUT, FloatTensorType([None, Encoder.from_inputs(inputs).width]))]
    # why: the conversion looks at the importances, which are 0/0 if no split has told good from bad.
    with np.errstate(invalid="ignore"):
        model = to_onnx(forest, initial_types=types, options={"zipmap": False})
    return export_trees(trees_of(forest), inputs, {}, model.SerializeToString())


def trees_of(forest: RandomForestClassifier) -> list[Tree]:
    """The forest's trees; each leaf's value is its share of the forest's probability of good credit."""
    good = list(forest.classes_).index(1)
    trees = []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        shares = tree.value[:, 0, good] / tree.value[:, 0].sum(axis=1)
        trees.append(
            Tree(
                tree.feature,
                tree.threshold,
                tree.children_left,
                tree.children_right,
                np.asarray(shares) / len(forest.estimators_),
            )
        )
    return trees


FAMILY = Family(
    name=FIRST_FAMILY,
    title=marked("Random forest"),
    monotone=False,
    parameters=pipeline.FOREST,
    trusted=["numpy.dtype", TREE],
    fit_pipeline=fit,
    export=export,
)
