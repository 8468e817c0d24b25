"""The export scores like the fitted pipeline, and an export that scores differently is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import treelite
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Numeric
from creditapp.applications.table import Columns
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from tests.portfolios import EXAMPLE, FEATURES, GERMAN
from training import dataset, pipeline
from training.dataset import Split
from training.estimators import forest
from training.export import Origin, check_parity, make_bundle, population
from training.frame import frame_of
from training.parity_rows import probe_rows
from training.pipeline import probability_good


@pytest.fixture(scope="module")
def split() -> Split:
    """The project's own data."""
    return dataset.split(dataset.load(GERMAN, ROOT / "data" / "estadistical.csv"))


@pytest.fixture(scope="module")
def fitted(split: Split) -> Pipeline:
    """The project's own pipeline."""
    return pipeline.build(GERMAN).fit(split.training.features, split.training.target)


@pytest.fixture(scope="module")
def bundle(fitted: Pipeline, split: Split) -> Bundle:
    """The bundle of the fitted pipeline."""
    return make_bundle(fitted, split, {}, Origin("run", "now"))[0]


@pytest.fixture(scope="module")
def probe(fitted: Pipeline, split: Split) -> Columns:
    """The rows on which the export is compared with the pipeline."""
    return probe_rows(forest.export(fitted, GERMAN).ties, split)


@pytest.fixture(scope="module")
def frame(probe: Columns) -> pd.DataFrame:
    """The same rows, as the pipeline takes them."""
    return frame_of(GERMAN, probe)


def test_the_pipeline_has_stock_steps_only(fitted: Pipeline) -> None:
    """All steps come from scikit-learn, so the pipeline loads and converts without our code."""
    assert list(fitted.named_steps) == ["preprocessor", "classifier"]
    steps = [fitted, *fitted.named_steps.values()]
    steps += [step for _, step, _ in fitted.named_steps["preprocessor"].transformers_]
    assert {type(step).__module__.partition(".")[0] for step in steps} == {"sklearn"}


def test_the_encoder_equals_the_fitted_preprocessor(
    fitted: Pipeline, bundle: Bundle, probe: Columns, frame: pd.DataFrame
) -> None:
    """The float32 numbers are exactly equal, for all rows at once and for each row by itself."""
    expected = fitted.named_steps["preprocessor"].transform(frame).astype(np.float32)
    encoder = Encoder.from_inputs(bundle.metadata.inputs)
    assert np.array_equal(encoder.encode(probe), expected)
    rows = zip(*probe.values(), strict=True)
    single = [encoder.encode({n: [a] for n, a in zip(probe, row, strict=True)}) for row in rows]
    assert np.array_equal(np.concatenate(single), expected)


def test_rows_on_the_thresholds_are_compared(fitted: Pipeline, frame: pd.DataFrame) -> None:
    """Durations, amounts and ages can equal a threshold, where wrong rounding takes the other branch."""
    scaled = fitted.named_steps["preprocessor"].transform(frame)[:, :6].astype(np.float32)
    for column, least in ((0, 0.05), (1, 0.9), (3, 0.05)):
        thresholds = np.concatenate(
            [
                tree.tree_.threshold[tree.tree_.feature == column]
                for tree in fitted.named_steps["classifier"].estimators_
            ]
        )
        met = np.isin(thresholds.astype(np.float32), scaled[:, column])
        assert met.mean() > least, column


def test_the_compared_rows_hold_every_code_and_limit(frame: pd.DataFrame) -> None:
    """They hold no answer that the catalogue refuses."""
    for feature in FEATURES:
        answers = frame[feature.name]
        if isinstance(feature, Numeric):
            low = feature.minimum if feature.integer else 0.01
            assert (answers.min(), answers.max()) == (low, feature.maximum)
            assert not feature.integer or (answers == answers.round()).all()
        else:
            assert set(answers) == set(feature.values)
    assert len(frame) > 100_000


def test_the_bundle_scores_like_the_pipeline(
    fitted: Pipeline, probe: Columns, frame: pd.DataFrame, bundle: Bundle
) -> None:
    """The bundle's probabilities differ by at most 1e-6; an independent engine confirms the pipeline's."""
    expected = probability_good(fitted, frame)
    parity = check_parity(verify(bundle), probe, expected)
    assert parity.largest_difference <= 1e-6
    forest = treelite.sklearn.import_model(fitted.named_steps["classifier"])
    encoded = fitted.named_steps["preprocessor"].transform(frame).astype(np.float32)
    oracle = treelite.gtil.predict(forest, encoded).reshape(len(frame), 2)[:, 1]
    # why: scikit-learn's threads add up the trees in any order.
    assert np.abs(oracle - expected).max() <= 1e-12


def test_a_scorer_starts_no_thread(bundle: Bundle) -> None:
    """Threads would add the trees in any order; workers are the parallelism."""
    before = len(list(Path("/proc/self/task").iterdir()))
    scorer = Scorer(bundle)
    assert len(list(Path("/proc/self/task").iterdir())) <= before
    assert scorer


def test_an_export_of_another_forest_is_refused(
    fitted: Pipeline, split: Split, bundle: Bundle, probe: Columns, frame: pd.DataFrame
) -> None:
    """Both the comparison with the pipeline and the golden rows detect it."""
    other = Pipeline(
        [
            ("preprocessor", fitted.named_steps["preprocessor"]),
            ("classifier", RandomForestClassifier(n_estimators=100, random_state=7)),
        ]
    )
    other.named_steps["classifier"].fit(
        fitted.named_steps["preprocessor"].transform(split.training.features), split.training.target
    )
    export = forest.export(other, GERMAN)
    wrong = replace(bundle, model=export.model)
    assert export.inputs == bundle.metadata.inputs
    with pytest.raises(BrokenBundle, match="differs from the fitted pipeline"):
        check_parity(Scorer(wrong), probe, probability_good(fitted, frame))
    with pytest.raises(BrokenBundle, match="differ by"):
        verify(wrong)


def test_a_bundle_of_another_catalogue_is_refused(bundle: Bundle) -> None:
    """Its inputs may have another meaning."""
    stranger = replace(bundle, metadata=replace(bundle.metadata, fingerprint="other"))
    with pytest.raises(BrokenBundle, match="another catalogue"):
        Bundle.unpack(stranger.pack())


def test_the_population_counts_every_training_row(split: Split) -> None:
    """Codes that the training data do not hold have a count of 0."""
    distributions = population(split.training)
    purposes = dict(distributions["Purpose"]["answers"])
    assert sum(purposes.values()) == 700
    assert purposes["A47"] == 0
    assert sum(distributions["Credit amount"]["counts"]) == 700
    assert distributions["Duration in month"]["maximum"] == 72


def test_a_forest_whose_splits_tell_nothing_is_exported() -> None:
    """Both answers come with as many good as bad; what the conversion warns of is no fault of the data."""
    names = [*GERMAN.names_to_score]
    rows = [{**EXAMPLE, "Duration in month": 12.0 + 12 * (place % 2)} for place in range(80)]
    target = pd.Series([place // 2 % 2 for place in range(80)], name="good")
    columns = {name: [row[name] for row in rows] for name in names}
    whole = dataset.Dataset(GERMAN, columns, target)
    unfitted = pipeline.build(GERMAN).set_params(
        classifier__n_estimators=1, classifier__bootstrap=False
    )
    model = unfitted.fit(whole.features, whole.target)
    exported = forest.export(model, GERMAN)
    assert model.named_steps["classifier"].estimators_[0].tree_.node_count > 1
    assert exported.inputs.keys() == set(names)
