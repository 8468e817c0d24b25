"""Each family is exported exactly, explained exactly, and loaded with the types it declares."""

import csv
import io
import math
import sqlite3
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import shap
import skops.io
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Direction, Numeric
from creditapp.applications.table import columns_of
from creditapp.explanations.reasons import Explainer, verify_explainer
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from tests import mixed
from tests.portfolios import GERMAN, TAIWAN
from training import dataset
from training.dataset import Split
from training.estimators.families import FAMILIES
from training.export import Origin, Parity, make_bundle
from training.frame import frame_of
from training.pipeline import probability_good

CUT_OFF = 0.7
MONOTONE = [name for name, family in FAMILIES.items() if family.monotone]
TABLES = [name for name, family in FAMILIES.items() if family.tables]
PORTFOLIOS = ("german", "mixed")


class Made(NamedTuple):
    """A fitted family with its bundle, as serving reads it."""

    split: Split
    pipeline: Pipeline
    bundle: Bundle
    parity: Parity
    scorer: Scorer
    explainer: Explainer

    @property
    def applications(self) -> list[Application]:
        """Some held-out applications."""
        return [Application(row) for row in self.split.held_out.rows()[:25]]


@cache
def split_of(portfolio: str) -> Split:
    """The rows of a portfolio: German credit, a part of the Taiwan cards, or rows with dates and gaps."""
    if portfolio == "mixed":
        return dataset.split(mixed.dataset())
    if portfolio == "taiwan":
        whole = dataset.load(TAIWAN, ROOT / "data" / "taiwan" / TAIWAN.data.path)
        return dataset.split(whole.take(range(4000)))
    return dataset.split(dataset.load(GERMAN, ROOT / "data" / "estadistical.csv"))


@cache
def made(family: str, portfolio: str = "german", *, protected: bool = True) -> Made:
    """A family, fitted, exported, packed and read again."""
    split = split_of(portfolio)
    fitted = FAMILIES[family].fit(split.training, protected=protected)
    bundle, parity = make_bundle(fitted, split, {}, Origin("run", "now"), FAMILIES[family])
    bundle = Bundle.unpack(bundle.pack())
    scorer = verify(bundle)
    return Made(split, fitted, bundle, parity, scorer, verify_explainer(bundle, scorer))


def log_odds(probability: float) -> float:
    """The log-odds of a probability."""
    return math.log(probability / (1 - probability))


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_export_scores_as_the_pipeline_does(family: str, portfolio: str) -> None:
    """To a millionth, on the data, next to every threshold, and on random rows with gaps."""
    one = made(family, portfolio)
    assert one.parity.rows > 100_000
    assert one.parity.largest_difference <= 1e-6
    assert one.bundle.metadata.family == family


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_without_protected_answers_is_exported_and_explained(
    family: str, portfolio: str
) -> None:
    """It reads all answers but these."""
    one = made(family, portfolio, protected=False)
    assert one.bundle.catalogue.protected
    assert one.bundle.protected_used == ()
    assert one.parity.largest_difference <= 1e-6
    application = one.applications[0]
    assert not {*one.explainer.contributions(application, CUT_OFF)} & {
        *one.bundle.catalogue.protected
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_number_that_nobody_gave_is_no_obstacle(family: str) -> None:
    """All training rows may have the same missing answer."""
    whole = mixed.dataset()
    [name, *_] = [
        one.name
        for one in whole.catalogue.features
        if isinstance(one, Numeric) and one.missing_answers
    ]
    missing = whole.catalogue.by_name[name].missing_answers[0]
    empty = replace(whole, answers={**whole.answers, name: [missing] * len(whole)})
    split = dataset.split(empty)
    fitted = FAMILIES[family].fit(split.training)
    _, parity = make_bundle(fitted, split, {}, Origin("run", "now"), FAMILIES[family])
    assert parity.largest_difference <= 1e-6


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_add_up_to_the_difference_from_the_group(family: str, portfolio: str) -> None:
    """In probability for the forest, in log-odds for a model with a link."""
    one = made(family, portfolio)
    scores = one.scorer.probabilities(one.split.held_out.columns)
    link = one.bundle.metadata.link
    in_unit = np.log(scores / (1 - scores)) if link else scores
    group = in_unit[np.argsort(scores, kind="stable")][one.explainer.group(CUT_OFF)]
    for application, own in zip(one.applications, in_unit, strict=False):
        effects = one.explainer.contributions(application, CUT_OFF)
        assert sum(effects.values()) == pytest.approx(own - group.mean(), abs=2e-5)


@pytest.mark.parametrize("family", TABLES)
def test_contributions_are_the_differences_of_the_tables_numbers(family: str) -> None:
    """The number of the own answer minus the mean number of the reference group, from the CSV table."""
    one = made(family)
    rows = list(csv.DictReader(io.StringIO(table(one, family, "scorecard.csv"))))
    held_out = one.split.held_out.rows()
    scores = one.scorer.probabilities(one.split.held_out.columns)
    order = np.argsort(scores, kind="stable")[one.explainer.group(CUT_OFF)]
    for application in one.applications:
        for name, effect in one.explainer.contributions(application, CUT_OFF).items():
            group = [number_in(rows, name, held_out[place][name]) for place in order]
            own = number_in(rows, name, application.answers[name])
            assert effect == pytest.approx(own - np.mean(group), abs=1e-5)


def test_contributions_of_boosting_are_those_of_shap() -> None:
    """Interventional Shapley values of the same trees, by shap's own algorithm, in log-odds."""
    one = made("boosting")
    encode = one.pipeline[:-1]
    scores = one.scorer.probabilities(one.split.held_out.columns)
    order = np.argsort(scores, kind="stable")[one.explainer.group(CUT_OFF)]
    background = encode.transform(one.split.held_out.features.iloc[order])
    explain = shap.TreeExplainer(
        one.pipeline.named_steps["classifier"], background, feature_perturbation="interventional"
    )
    encoded = encode.transform(one.split.held_out.features.iloc[:25])
    values = explain.shap_values(encoded, check_additivity=False)
    for application, shares in zip(one.applications, values, strict=True):
        effects = one.explainer.contributions(application, CUT_OFF)
        assert sum(shares) == pytest.approx(sum(effects.values()), abs=1e-4)
        # why: for shap each column is a feature of its own, so only features of one column compare.
        for column, (name, encoding) in enumerate(one.bundle.metadata.inputs.items()):
            if "nominal" in encoding:
                break
            assert effects[name] == pytest.approx(shares[column], abs=0.02)


def test_calibration_scales_the_contributions_of_the_forest() -> None:
    """The same forest, so the same shares, in log-odds by the slope of its calibration."""
    forest, calibrated = made("forest"), made("calibrated-forest")
    [sigmoid] = calibrated.pipeline.named_steps["classifier"].calibrated_classifiers_[0].calibrators
    for application in forest.applications:
        plain = forest.explainer.contributions(application, CUT_OFF)
        [own] = forest.scorer.score([application])
        [score] = calibrated.scorer.score([application])
        expected = 1 / (1 + math.exp(sigmoid.a_ * own.probability_good + sigmoid.b_))
        assert score.probability_good == pytest.approx(expected, abs=1e-5)
        assert set(plain) == set(calibrated.explainer.contributions(application, CUT_OFF))


@pytest.mark.parametrize("portfolio", ["german", "taiwan"])
@pytest.mark.parametrize("family", MONOTONE)
def test_a_monotone_family_follows_every_expected_direction(family: str, portfolio: str) -> None:
    """Whatever the other answers are: over all values of the data, the score never goes the other way."""
    one = made(family, portfolio)
    catalogue = one.bundle.catalogue
    signs = {Direction.BETTER: 1, Direction.WORSE: -1}
    directed = [question for question in catalogue.features if question.direction]
    assert directed
    for question in directed:
        answers = ordered_answers(question, one.split.training.columns[question.name])
        for row in one.split.held_out.rows()[:10]:
            columns = columns_of(catalogue, [row] * len(answers))
            scores = one.scorer.probabilities({**columns, question.name: answers})
            assert (np.diff(scores) * signs[question.direction] >= -1e-7).all(), question.name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pipeline_loads_with_the_types_that_its_family_declares(family: str) -> None:
    """And scores as before; no more types than these are trusted."""
    one = made(family)
    stored = skops.io.dumps(one.pipeline)
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(FAMILIES[family].trusted)
    loaded = skops.io.loads(stored, trusted=[*FAMILIES[family].trusted])
    rows = one.split.held_out.features
    expected = probability_good(one.pipeline, rows)
    assert probability_good(loaded, rows) == pytest.approx(expected, abs=1e-12)
    modules = {type(step).__module__.split(".")[0] for step in loaded.named_steps.values()}
    assert modules == {"sklearn"}


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("family", TABLES)
def test_the_query_of_a_scorecard_scores_as_the_service_does(family: str, portfolio: str) -> None:
    """In a database, with missing answers; 600 points stand for 50 good to 1 bad, 20 points double them."""
    one = made(family, portfolio)
    held_out = one.split.held_out
    names = one.bundle.catalogue.feature_names
    database = sqlite3.connect(":memory:")
    database.create_function("EXP", 1, math.exp)
    listed = ", ".join(f'"{name}"' for name in names)
    database.execute(f"CREATE TABLE applications ({listed})")
    rows = list(zip(*(held_out.columns[name] for name in names), strict=True))
    marks = ", ".join("?" * len(names))
    database.executemany(f"INSERT INTO applications VALUES ({marks})", rows)  # noqa: S608
    found = database.execute(table(one, family, "scorecard.sql", portfolio)).fetchall()
    expected = probability_good(one.pipeline, frame_of(one.bundle.catalogue, held_out.columns))
    for (score, probability, *_), known in zip(found, expected, strict=True):
        assert probability == pytest.approx(known, abs=1e-9)
        assert score == pytest.approx(600 + 20 * math.log2(known / (1 - known) / 50))


def table(one: Made, family: str, name: str, portfolio: str = "german") -> str:
    """A document of a family."""
    catalogue = split_of(portfolio).training.catalogue
    return FAMILIES[family].tables[name](one.pipeline, catalogue)


def number_in(rows: list[dict[str, str]], name: str, answer: Any) -> float:
    """The log-odds that the table gives an answer, looked up as a person would."""
    own = [row for row in rows if row["feature"] == name]
    for row in own:
        low = float(row["from"] or "-inf")
        if row["answer"] == f'"{answer}"':
            return float(row["log_odds"])
        if not row["answer"] and low <= float(answer) < float(row["below"] or "inf"):
            return float(row["log_odds"])
    raise AssertionError(f"no row for {name}: {answer}")


def ordered_answers(question: Any, seen: Any) -> list[Any]:
    """The answers in the order in which the score must rise or fall."""
    if hasattr(question, "values"):
        return [*question.values]
    return sorted({one for one in seen if not question.is_missing(one)})
