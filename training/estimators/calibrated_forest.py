"""The documented forest, calibrated by Platt scaling on predictions of folds that it was not fitted on."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Catalogue
from creditapp.phrases import marked
from training import pipeline
from training.dataset import Dataset
from training.estimators.encoding import export_trees, inputs_of
from training.estimators.family import TREE, Export, Family
from training.estimators.forest import trees_of

FOLDS = 5


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:
    """Fit the forest on all rows, and its calibration on predictions of five folds."""
    unfitted = pipeline.build(rows.catalogue, protected=protected, seed=seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    forest = unfitted.named_steps["classifier"]
    calibrated = CalibratedClassifierCV(forest, method="sigmoid", cv=folds, ensemble=False)
    whole = unfitted.set_params(classifier=calibrated)
    return whole.fit(rows.features, rows.target, classifier__sample_weight=rows.weights)


def export(fitted: Pipeline, catalogue: Catalogue) -> Export:
    """Export the forest as a sum of leaves, and its calibration as the link."""
    inputs = inputs_of(fitted.named_steps["preprocessor"], catalogue)
    [calibrated] = fitted.named_steps["classifier"].calibrated_classifiers_
    [sigmoid] = calibrated.calibrators
    link = {"slope": -float(sigmoid.a_), "intercept": -float(sigmoid.b_)}
    return export_trees(trees_of(calibrated.estimator), inputs, link)


FAMILY = Family(
    name="calibrated-forest",
    title=marked("Random forest, calibrated"),
    monotone=False,
    parameters={**pipeline.FOREST, "calibration": "sigmoid", "calibration_folds": FOLDS},
    trusted=[
        "numpy.dtype",
        TREE,
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.model_selection._split.StratifiedKFold",
    ],
    fit_pipeline=fit,
    export=export,
)
