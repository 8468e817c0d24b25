"""The export scores as the fitted pipeline does, and the gate would see it if it did not."""

import numpy as np
import pandas as pd
import pytest
import treelite
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import FEATURES, Numeric
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from training import dataset, pipeline
from training.dataset import Split
from training.export import (
    Origin,
    check_parity,
    convert,
    make_bundle,
    population,
)
from training.parity_rows import probe_rows
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


@pytest.fixture(scope="module")
def probe(fitted: Pipeline, split: Split) -> pd.DataFrame:
    """The rows it is proved by."""
    return probe_rows(fitted, split)


def test_the_pipeline_is_of_stock_steps(fitted: Pipeline) -> None:
    """It loads and converts without our code."""
    assert list(fitted.named_steps) == ["preprocessor", "classifier"]
    steps = [fitted, *fitted.named_steps.values()]
    steps += [step for _, step, _ in fitted.named_steps["preprocessor"].transformers_]
    assert {type(step).__module__.partition(".")[0] for step in steps} == {"sklearn"}


def test_answers_are_encoded_as_the_fitted_preprocessor_does_it(
    fitted: Pipeline, bundle: Bundle, probe: pd.DataFrame
) -> None:
    """Bit by bit in single precision, in which the forest looks at them; together, and each row alone."""
    expected = fitted.named_steps["preprocessor"].transform(probe).astype(np.float32)
    encoder, columns = Encoder.from_inputs(bundle.metadata.inputs), probe.to_dict("list")
    assert np.array_equal(encoder.encode(columns), expected)
    rows = zip(*columns.values(), strict=True)
    alone = [encoder.encode({n: [a] for n, a in zip(columns, row, strict=True)}) for row in rows]
    assert np.array_equal(np.concatenate(alone), expected)


def test_rows_on_the_thresholds_are_among_those_compared(
    fitted: Pipeline, probe: pd.DataFrame
) -> None:
    """Durations, amounts and ages can equal a threshold exactly; a naive cast goes the other way there."""
    scaled = fitted.named_steps["preprocessor"].transform(probe)[:, :6].astype(np.float32)
    for column, least in ((0, 0.05), (1, 0.9), (3, 0.05)):
        thresholds = np.concatenate(
            [
                tree.tree_.threshold[tree.tree_.feature == column]
                for tree in fitted.named_steps["classifier"].estimators_
            ]
        )
        met = np.isin(thresholds.astype(np.float32), scaled[:, column])
        assert met.mean() > least, column


def test_all_that_the_contract_accepts_is_among_the_rows_compared(probe: pd.DataFrame) -> None:
    """Every code, every limit, and no row that the contract refuses."""
    for feature in FEATURES:
        given = probe[feature.name]
        if isinstance(feature, Numeric):
            low = feature.minimum if feature.integer else 0.01
            assert (given.min(), given.max()) == (low, feature.maximum)
            assert not feature.integer or (given == given.round()).all()
        else:
            assert set(given) == set(feature.values)
    assert len(probe) > 100_000


def test_the_bundle_scores_as_the_pipeline_to_a_millionth(
    fitted: Pipeline, probe: pd.DataFrame, bundle: Bundle
) -> None:
    """Over the data, ties and the whole contract; a second engine says what the forest says."""
    expected = probability_good(fitted, probe)
    parity = check_parity(verify(bundle), probe, expected)
    assert parity.largest_difference <= 1e-6
    forest = treelite.sklearn.import_model(fitted.named_steps["classifier"])
    encoded = fitted.named_steps["preprocessor"].transform(probe).astype(np.float32)
    oracle = treelite.gtil.predict(forest, encoded).reshape(len(probe), 2)[:, 1]
    assert np.abs(oracle - expected).max() <= 1e-12  # threads add the trees in any order


def test_the_gate_refuses_an_export_that_differs(
    fitted: Pipeline, split: Split, bundle: Bundle, probe: pd.DataFrame
) -> None:
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
    wrong = Bundle(model, bundle.leaves, bundle.metadata, bundle.golden, bundle.holdout)
    assert inputs == bundle.metadata.inputs
    with pytest.raises(BrokenBundle, match="differs from the fitted pipeline"):
        check_parity(Scorer(wrong), probe, probability_good(fitted, probe))
    with pytest.raises(BrokenBundle, match="differ by"):
        verify(wrong)


def test_a_bundle_of_another_catalogue_is_refused(bundle: Bundle) -> None:
    """Its inputs may mean something else."""
    from dataclasses import replace

    stranger = replace(bundle, metadata=replace(bundle.metadata, fingerprint="other"))
    with pytest.raises(BrokenBundle, match="another catalogue"):
        verify(stranger)


def test_the_population_counts_every_training_row(split: Split) -> None:
    """By code, and by tenths of a number's range; unseen codes count nothing."""
    known = population(split.training.features)
    assert sum(known["Purpose"]["counts_by_code"].values()) == 700
    assert known["Purpose"]["counts_by_code"]["A47"] == 0
    assert sum(known["Credit amount"]["counts"]) == 700
    assert known["Duration in month"]["maximum"] == 72
