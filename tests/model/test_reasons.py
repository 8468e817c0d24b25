"""The reasons are the true Shapley values of the served forest, and what they name matters."""

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import median, mode
from typing import Any

import numpy as np
import pytest
import shap

from creditapp.applications.catalogue import (
    BY_NAME,
    FEATURE_NAMES,
    PROTECTED,
    Answer,
    Application,
    Numeric,
    marked,
)
from creditapp.applications.table import columns_of
from creditapp.exceptions import BrokenBundle
from creditapp.explanations.reasons import Source, checked_explainer
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.scoring.forest import Leaves
from creditapp.scoring.scorer import Score
from creditapp.settings.paths import ROOT
from tests.explained import CUT_OFF, Explained, explain_the_default
from tests.pictures import EXAMPLES, example, told

SAMPLED = 200


@pytest.fixture(scope="module")
def explained() -> Explained:
    """The project's own data and pipeline."""
    return explain_the_default()


@pytest.mark.parametrize("cut_off", [0.0, CUT_OFF, 1.0])
def test_the_contributions_add_up_to_the_difference_of_the_scores(
    explained: Explained, cut_off: float
) -> None:
    """On every held-out row, beside the rows at or just above the cut-off, or the best where few reach it."""
    _, scores = explained.group(cut_off)
    print(f"from {min(scores):.3f} to {max(scores):.3f}")
    mean, furthest = np.mean(scores), 0.0
    for application, score in zip(explained.applications, explained.scores, strict=True):
        total = sum(explained.explainer.contributions(application, cut_off).values())
        furthest = max(furthest, abs(total - (score.probability_good - mean)))
    print(f"{len(explained.applications)} rows: off by at most {furthest:.2g}")
    assert furthest <= 1e-6


def test_the_contributions_are_those_of_shap(explained: Explained) -> None:
    """But for features with several columns, as one answer changes all of them at once."""
    background = explained.encoded(columns_of(explained.group(CUT_OFF)[0]))
    forest = explained.pipeline.named_steps["classifier"]
    oracle = shap.TreeExplainer(forest, background, feature_perturbation="interventional")
    cases = [application for application, _ in explained.adverse()]
    values = oracle.shap_values(explained.encoded(columns_of(cases)))[:, :, 1]
    inputs = explained.bundle.metadata.inputs
    starts = np.cumsum([0, *(len(one.get("nominal", [0])) for one in inputs.values())])[:-1]
    theirs = np.add.reduceat(values, starts, axis=1)
    ours = [list(explained.explainer.contributions(one, CUT_OFF).values()) for one in cases]
    largest = np.abs(np.array(ours) - theirs).max()
    four = [set(np.argsort(row)[:4]) for row in ours]
    their_four = [set(np.argsort(row)[:4]) for row in theirs]
    shared = np.mean([len(a & b) / 4 for a, b in zip(four, their_four, strict=True)])
    first = np.mean(np.argmin(ours, axis=1) == np.argmin(theirs, axis=1))
    print(f"{len(cases)} cases: differ by {largest:.2g}, top four {shared:.3f}, first {first:.3f}")
    assert shared >= 0.99


def typical(explained: Explained) -> dict[str, Answer]:
    """The group's medians and most frequent answers."""
    columns = columns_of(explained.group(CUT_OFF)[0])
    return {name: _middle(name, answers) for name, answers in columns.items()}


def _middle(name: str, answers: Sequence[Any]) -> Answer:
    question = BY_NAME[name]
    if not isinstance(question, Numeric):
        return mode(answers)
    return round(median(answers)) if question.integer else median(answers)


def test_what_is_named_matters_more_than_other_features(explained: Explained) -> None:
    """Set to the group's typical answers it raises the score by more than as many others on average."""
    usual, draw = typical(explained), random.Random(7)
    names = [name for name in FEATURE_NAMES if name not in PROTECTED]
    better = []
    for application, score in explained.adverse():
        named = [reason.feature for reason in explained.reasons(application, score)]
        sets = [named, *(draw.sample(names, len(named)) for _ in range(SAMPLED))]
        changed = [
            Application({**application.answers, **{name: usual[name] for name in one}})
            for one in sets
        ]
        mine, *others = explained.scorer.probabilities(columns_of(changed)).tolist()
        better.append(mine > score.probability_good and mine > np.mean(others))
    print(f"{np.mean(better):.3f} of {len(better)} adverse cases")
    assert np.mean(better) >= 0.95


def test_the_reasons_are_few_unprotected_and_of_influence(explained: Explained) -> None:
    """The most important first; an adverse decision without any would be an unexplained one."""
    passed_over = heaviest = 0
    for application, score in explained.adverse():
        effects = explained.explainer.contributions(application, CUT_OFF)
        four = sorted(effects, key=effects.__getitem__)[:4]
        passed_over += not set(PROTECTED).isdisjoint(four)
        heaviest += four[0] in PROTECTED
        named = [reason.feature for reason in explained.reasons(application, score)]
        assert 1 <= len(named) <= 4
        assert set(PROTECTED).isdisjoint(named)
        assert all(effects[name] < 0 for name in named)
        assert named == sorted(named, key=effects.__getitem__)
    print(f"a protected answer passed over among the four heaviest in {passed_over} cases,")
    print(f"as the heaviest in {heaviest}")


def test_an_approval_has_no_reasons(explained: Explained) -> None:
    """There is nothing to explain."""
    for application, score in zip(explained.applications, explained.scores, strict=True):
        if score.probability_good >= CUT_OFF and not score.outside_training:
            assert explained.reasons(application, score) == ()


def test_the_order_of_the_applications_changes_no_reason(explained: Explained) -> None:
    """Nothing is drawn and nothing remembered."""
    cases = explained.adverse()
    forwards = [explained.reasons(*case) for case in cases]
    backwards = [explained.reasons(*case) for case in cases[::-1]]
    assert forwards == backwards[::-1]


def test_an_answer_outside_the_training_data_is_the_only_reason_where_the_score_is_enough(
    explained: Explained,
) -> None:
    """A protected one is not named."""
    both = zip(explained.applications, explained.scores, strict=True)
    application = next(one for one, score in both if score.probability_good > 0.9)
    strange = Application({**application.answers, "Purpose": "A47"})
    score = Score(0.9, ("Age in years", "Purpose"))
    [reason] = explained.reasons(strange, score)
    assert (reason.feature, reason.source) == ("Purpose", Source.OUTSIDE_TRAINING)
    assert reason.worded(marked)["text"] == (
        "Purpose: education, an answer that no earlier application had"
    )


def test_a_decision_made_by_a_rule_does_not_blame_the_model(explained: Explained) -> None:
    """Its text is the reason, unless the score alone is as much against the application."""
    rule = Rule("Duration in month", Outcome.REFER, "100 % of longer credits are looked at", over=0)
    policy = Policy("1", rules=(rule,))
    both = list(zip(explained.applications, explained.scores, strict=True))
    good = next(case for case in both if case[1].probability_good > 0.9)
    [reason] = explained.explainer.reasons(*good, policy)
    assert (reason.source, reason.worded(marked)["text"]) == (Source.RULE, rule.text)
    poor = min(both, key=lambda case: case[1].probability_good)
    assert {one.source for one in explained.explainer.reasons(*poor, policy)} == {Source.MODEL}


def test_the_words_are_those_of_the_catalogue_and_can_be_translated(explained: Explained) -> None:
    """Numbers say on which side of the group they lie; nobody is shown a code."""
    worded = [
        reason.worded(marked) for case in explained.adverse() for reason in explained.reasons(*case)
    ]
    texts = {one["text"] for one in worded}
    assert "Duration: 48 months, more than is usual among approved applications" in texts
    assert "Savings account or bonds: unknown / no savings account" in texts
    assert not any(str(one["value"]) in one["text"].split() for one in worded if one["meaning"])
    [first, *_] = explained.reasons(*explained.adverse()[0])
    assert first.worded("«{}»".format)["text"] == "««Checking account»: «no checking account»»"


def test_leaves_of_another_forest_are_refused(explained: Explained) -> None:
    """What is explained is what scores."""
    leaves = Leaves.unpack(explained.bundle.leaves)
    other = Leaves(leaves.values[::-1].copy(), leaves.low, leaves.high)
    for content, message in ((other.pack(), "off its scores"), (b"", "explained")):
        with pytest.raises(BrokenBundle, match=message):
            checked_explainer(replace(explained.bundle, leaves=content), explained.scorer)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documents_examples_are_what_the_model_says(explained: Explained, name: str) -> None:
    """Each reason with what its answer adds, word for word."""
    page = (ROOT / "docs" / "decisions-explained.md").read_text()
    one = example(explained, EXAMPLES[name])
    assert f"score {one.score.probability_good:.3f}" in page
    assert [line for line in told(one) if line not in page] == []
    assert f"(reasons-{name}.svg)" in page
