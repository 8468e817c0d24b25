"""The export scores as the fitted pipeline does, and the gate would see it if it did not."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from creditapp.bundle import Bundle
from creditapp.config import ROOT
from creditapp.exceptions import BrokenBundle
from creditapp.scoring import Scorer, checked_scorer
from training import dataset, pipeline
from training.dataset import Split
from training.export import (
    Origin,
    check_parity,
    convert,
    make_bundle,
    population,
    probe_rows,
)
from training.pipeline import probability_good


@pytest.fixture(scope="module")
def split() -> Split:
    """The project's own data."""
    return dataset.split(dataset.load(ROOT / "data" / "estadistical.csv"))


@pytest.fixture(scope="module")
def fitted(split: Split) -> Pipeline:
    """The project's own pipeline."""
    return pipeline.build().fit(split.training.features, split.training.target)


@pytest.fixture(scope="module")
def bundle(fitted: Pipeline, split: Split) -> Bundle:
    """What is served of it."""
    return make_bundle(fitted, split, {}, Origin("run", "now"))[0]


def test_the_pipeline_is_of_stock_steps(fitted: Pipeline) -> None:
    """It loads and converts without our code."""
    assert list(fitted.named_steps) == ["preprocessor", "classifier"]
    steps = [fitted, *fitted.named_steps.values()]
    steps += [step for _, step, _ in fitted.named_steps["preprocessor"].transformers_]
    assert {type(step).__module__.partition(".")[0] for step in steps} == {"sklearn"}


def test_rows_on_the_thresholds_are_among_those_compared(fitted: Pipeline, split: Split) -> None:
    """A value can equal a threshold exactly; a naive cast goes the other way there."""
    rows = probe_rows(fitted, split)
    assert len(rows) > 3000
    scaled = fitted.named_steps["preprocessor"].transform(rows)[:, :6].astype(np.float32)
    thresholds = np.concatenate(
        [
            tree.tree_.threshold[(tree.tree_.feature >= 0) & (tree.tree_.feature < 6)]
            for tree in fitted.named_steps["classifier"].estimators_
        ]
    )
    assert np.isin(scaled, thresholds.astype(np.float32)).sum() > 100


def test_the_bundle_scores_as_the_pipeline_to_a_millionth(
    fitted: Pipeline, split: Split, bundle: Bundle
) -> None:
    """Over the data, ties and random rows."""
    rows = probe_rows(fitted, split)
    parity = check_parity(checked_scorer(bundle), rows, probability_good(fitted, rows))
    assert parity.largest_difference <= 1e-6


def test_the_gate_refuses_an_export_that_differs(fitted: Pipeline, split: Split) -> None:
    """Another forest, a tenth of a millionth off in one row, and a flipped prediction."""
    other = Pipeline(
        [
            ("preprocessor", fitted.named_steps["preprocessor"]),
            ("classifier", RandomForestClassifier(n_estimators=100, random_state=7)),
        ]
    )
    other.named_steps["classifier"].fit(
        fitted.named_steps["preprocessor"].transform(split.training.features), split.training.target
    )
    model, inputs = convert(other)
    bundle = make_bundle(fitted, split, {}, Origin("run", "now"))[0]
    wrong = Bundle(model, bundle.metadata, bundle.golden, bundle.holdout)
    rows = probe_rows(fitted, split)
    assert inputs == bundle.metadata.inputs
    with pytest.raises(BrokenBundle, match="differs from the fitted pipeline"):
        check_parity(Scorer(wrong), rows, probability_good(fitted, rows))
    with pytest.raises(BrokenBundle, match="off by"):
        checked_scorer(wrong)


def test_a_bundle_of_another_catalogue_is_refused(bundle: Bundle) -> None:
    """Its inputs may mean something else."""
    from dataclasses import replace

    stranger = replace(bundle, metadata=replace(bundle.metadata, fingerprint="other"))
    with pytest.raises(BrokenBundle, match="another catalogue"):
        checked_scorer(stranger)


def test_the_population_counts_every_training_row(split: Split) -> None:
    """By code, and by tenths of a number's range; unseen codes count nothing."""
    known = population(split.training.features)
    assert sum(known["Purpose"]["counts_by_code"].values()) == 700
    assert known["Purpose"]["counts_by_code"]["A47"] == 0
    assert sum(known["Credit amount"]["counts"]) == 700
    assert known["Duration in month"]["maximum"] == 72
