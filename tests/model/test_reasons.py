"""The reasons follow the exact Shapley values of the served forest, and the named answers matter."""

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import median, mode
from typing import Any

import numpy as np
import pytest
import shap

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Answer, Numeric
from creditapp.applications.table import columns_of
from creditapp.exceptions import BrokenBundle
from creditapp.explanations.reasons import GROUP, Source, verify_explainer
from creditapp.phrases import marked
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.scoring.forest import Leaves
from creditapp.scoring.scorer import Score
from creditapp.settings.paths import ROOT
from tests.explained import CUT_OFF, Explained, explain_the_default
from tests.pictures import EXAMPLES, find_example, reason_lines
from tests.portfolios import BY_NAME, FEATURE_NAMES, GERMAN, PROTECTED

SAMPLED = 200


@pytest.fixture(scope="module")
def explained() -> Explained:
    """The project's own data and pipeline."""
    return explain_the_default()


def group_scores(explained: Explained) -> Any:
    """The probabilities that the engine gives the reference group."""
    return explained.scorer.probabilities(explained.group(CUT_OFF))


def test_the_group_is_at_or_just_above_the_cut_off(explained: Explained) -> None:
    """The group holds the held-out rows that are nearest to the cut-off, from the cut-off upwards."""
    scores = sorted(score.probability_good for score in explained.scores)
    approved = [score for score in scores if score >= CUT_OFF]
    nearest = approved[:GROUP]
    print(f"from {nearest[0]:.3f} to {nearest[-1]:.3f}, of {len(approved)} approved")
    assert sorted(group_scores(explained).tolist()) == pytest.approx(nearest, abs=1e-9)


def test_the_best_rows_are_the_group_if_few_reach_the_cut_off(explained: Explained) -> None:
    """The group always has its full size."""
    columns = explained.group(1.0)
    best = sorted(score.probability_good for score in explained.scores)[-GROUP:]
    assert explained.scorer.probabilities(columns).tolist() == pytest.approx(best, abs=1e-9)


def test_contributions_add_up_to_the_difference_of_the_scores(explained: Explained) -> None:
    """This holds for every held-out row, with the probabilities of the serving engine."""
    mean, furthest = group_scores(explained).mean(), 0.0
    for application, score in zip(explained.applications, explained.scores, strict=True):
        total = sum(explained.explainer.contributions(application, CUT_OFF).values())
        furthest = max(furthest, abs(total - (score.probability_good - mean)))
    print(f"{len(explained.applications)} rows: off by at most {furthest:.2g}")
    assert furthest <= 1e-6


def test_contributions_agree_with_shap(explained: Explained) -> None:
    """The four heaviest features are the same; shap splits a feature with several columns differently."""
    background = explained.encoded(explained.group(CUT_OFF))
    forest = explained.pipeline.named_steps["classifier"]
    oracle = shap.TreeExplainer(forest, background, feature_perturbation="interventional")
    cases = [application for application, _ in explained.adverse()]
    values = oracle.shap_values(
        explained.encoded(columns_of(GERMAN, [case.answers for case in cases]))
    )[:, :, 1]
    inputs = explained.bundle.metadata.inputs
    widths = [len(encoding.get("nominal", [0])) for encoding in inputs.values()]
    theirs = np.add.reduceat(values, np.cumsum([0, *widths])[:-1], axis=1)
    ours = [list(explained.explainer.contributions(case, CUT_OFF).values()) for case in cases]
    largest = np.abs(np.array(ours) - theirs).max()
    four = [set(np.argsort(row)[:4]) for row in ours]
    their_four = [set(np.argsort(row)[:4]) for row in theirs]
    shared = np.mean([len(a & b) / 4 for a, b in zip(four, their_four, strict=True)])
    first = np.mean(np.argmin(ours, axis=1) == np.argmin(theirs, axis=1))
    print(f"{len(cases)} cases: differ by {largest:.2g}, top four {shared:.3f}, first {first:.3f}")
    assert shared >= 0.99


def typical(explained: Explained) -> dict[str, Answer]:
    """The group's medians and most frequent answers."""
    columns = explained.group(CUT_OFF)
    return {name: _middle(name, answers) for name, answers in columns.items()}


def _middle(name: str, answers: Sequence[Any]) -> Answer:
    feature = BY_NAME[name]
    if not isinstance(feature, Numeric):
        return mode(answers)
    return round(median(answers)) if feature.integer else median(answers)


def test_named_features_matter_more_than_random_ones(explained: Explained) -> None:
    """With the group's typical answers, they raise the score more than the same number of random ones."""
    usual, draw = typical(explained), random.Random(7)
    names = [name for name in FEATURE_NAMES if name not in PROTECTED]
    better = []
    for application, score in explained.adverse():
        named = [reason.feature for reason in explained.reasons(application, score)]
        sets = [named, *(draw.sample(names, len(named)) for _ in range(SAMPLED))]
        changed = [
            {**application.answers, **{name: usual[name] for name in features}} for features in sets
        ]
        mine, *others = explained.scorer.probabilities(columns_of(GERMAN, changed)).tolist()
        better.append(mine > score.probability_good and mine > np.mean(others))
    print(f"{np.mean(better):.3f} of {len(better)} adverse cases")
    assert np.mean(better) >= 0.95


def test_one_to_four_unprotected_reasons_come_in_order_of_effect(explained: Explained) -> None:
    """Every adverse decision has a reason, and each named answer lowers the score."""
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
    """This holds for all held-out rows that reach the cut-off."""
    for application, score in zip(explained.applications, explained.scores, strict=True):
        if score.probability_good >= CUT_OFF and not score.outside_training:
            assert explained.reasons(application, score) == ()


def test_reasons_do_not_depend_on_the_order_of_applications(explained: Explained) -> None:
    """The explainer uses no random numbers and keeps no state between calls."""
    cases = explained.adverse()
    forwards = [explained.reasons(*case) for case in cases]
    backwards = [explained.reasons(*case) for case in cases[::-1]]
    assert forwards == backwards[::-1]


def test_a_high_score_is_referred_only_for_answers_outside_training(explained: Explained) -> None:
    """Such an answer is the only reason, and a protected one is not named."""
    cases = zip(explained.applications, explained.scores, strict=True)
    application = next(case[0] for case in cases if case[1].probability_good > 0.9)
    strange = Application({**application.answers, "Purpose": "A47"})
    score = Score(0.9, ("Age in years", "Purpose"))
    [reason] = explained.reasons(strange, score)
    assert (reason.feature, reason.source) == ("Purpose", Source.OUTSIDE_TRAINING)
    assert reason.worded(marked)["text"] == (
        "Purpose: education, an answer that no earlier application had"
    )


def test_a_rule_that_decides_is_the_only_reason(explained: Explained) -> None:
    """The rule's text is the reason, unless the score without the rule leads to no better decision."""
    rule = Rule("Duration in month", Outcome.REFER, "100 % of longer credits are looked at", over=0)
    policy = Policy("1", rules=(rule,))
    cases = list(zip(explained.applications, explained.scores, strict=True))
    good = next(case for case in cases if case[1].probability_good > 0.9)
    [reason] = explained.explainer.reasons(*good, policy)
    assert (reason.source, reason.worded(marked)["text"]) == (Source.RULE, rule.text)
    poor = min(cases, key=lambda case: case[1].probability_good)
    reasons = explained.explainer.reasons(*poor, policy)
    assert {reason.source for reason in reasons} == {Source.MODEL}


def test_reasons_use_the_catalogues_words_and_are_translated(explained: Explained) -> None:
    """A number is compared with the group's median, and a code is replaced by its meaning."""
    worded = [
        reason.worded(marked) for case in explained.adverse() for reason in explained.reasons(*case)
    ]
    texts = {reason["text"] for reason in worded}
    assert "Duration: 48 months, more than is usual among approved applications" in texts
    assert "With the present employer since: less than 1 year" in texts
    with_codes = [reason for reason in worded if reason["meaning"]]
    assert not any(str(reason["value"]) in reason["text"].split() for reason in with_codes)
    [first, *_] = explained.reasons(*explained.adverse()[0])
    assert first.worded("«{}»".format)["text"] == "««Checking account»: «no checking account»»"


def test_leaves_of_another_forest_are_refused(explained: Explained) -> None:
    """The leaves must give the same probabilities as the engine."""
    leaves = Leaves.unpack(explained.bundle.leaves)
    other = Leaves(leaves.values[::-1].copy(), leaves.low, leaves.high)
    for content, message in ((other.pack(), "leaves and its scores differ"), (b"", "explained")):
        with pytest.raises(BrokenBundle, match=message):
            verify_explainer(replace(explained.bundle, leaves=content), explained.scorer)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documented_examples_are_up_to_date(explained: Explained, name: str) -> None:
    """The document gives the score, and each reason with its effect, word for word."""
    page = (ROOT / "docs" / "decisions-explained.md").read_text()
    example = find_example(explained, EXAMPLES[name])
    assert f"score {example.score.probability_good:.3f}" in page
    assert [line for line in reason_lines(example) if line not in page] == []
    assert f"(reasons-{name}.svg)" in page
