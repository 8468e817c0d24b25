"""No reason names a good answer, and the check counts where a model would need one."""

from functools import cache
from statistics import median, mode

import pandas as pd
import pytest

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Direction
from creditapp.explanations.reasons import SMALLEST_SHARE
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.settings.paths import ROOT
from tests.model.test_families import CUT_OFF, MONOTONE, Made, made
from tests.portfolios import BY_NAME
from training.estimators.families import FAMILIES
from training.reason_check import ReasonCount, count_good_reasons


@cache
def count(family: str) -> ReasonCount:
    """The count over the whole hold-out of German credit under the default policy."""
    one = made(family)
    return count_good_reasons(one.scorer, one.explainer, held_out(one), DEFAULT_POLICY)


def held_out(one: Made) -> list[Application]:
    """All held-out applications."""
    return [Application(row) for row in one.split.held_out.rows()]


@cache
def bad_rates(name: str) -> dict[object, float]:
    """The bad rate of each answer in the data file."""
    rows = pd.read_csv(ROOT / "data" / "estadistical.csv")
    bad = rows["Receive/ Not receive credit"] == 2
    return bad.groupby(rows[name]).mean().to_dict()  # type: ignore[no-any-return]


def is_good(name: str, answer: object, group: list[object]) -> bool:
    """Whether an answer is no worse than the group's typical one, read from the document and the data."""
    question = BY_NAME[name]
    typical = mode(group) if question.codes else median(group)  # type: ignore[type-var]
    if question.direction is None:
        return bad_rates(name)[answer] <= bad_rates(name)[typical]
    codes = [code.code for code in question.codes]
    own, usual = (codes.index(one) if codes else one for one in (answer, typical))
    return own <= usual if question.direction is Direction.WORSE else own >= usual


@pytest.mark.parametrize("family", FAMILIES)
def test_no_reason_names_a_good_answer_or_a_small_effect(family: str) -> None:
    """Over every refusal of the hold-out, the typical answers and the rates worked out again."""
    one = made(family)
    rows = held_out(one)
    scores = one.scorer.score(rows)
    order = sorted(range(len(rows)), key=lambda row: scores[row].probability_good)
    group = [rows[place] for place in order[one.explainer.group(CUT_OFF)]]
    named = 0
    for application, score in zip(rows, scores, strict=True):
        effects = one.explainer.contributions(application, CUT_OFF)
        for reason in one.explainer.reasons(application, score, DEFAULT_POLICY):
            members = [member.answers[reason.feature] for member in group]
            assert not is_good(reason.feature, reason.value, members), reason.feature
            assert (reason.feature, reason.value) != ("Purpose", "A40")  # "others"
            assert effects[reason.feature] <= SMALLEST_SHARE * sum(effects.values())
            named += 1
    assert named > 200


def test_two_thirds_of_the_forests_refusals_would_name_a_good_answer() -> None:
    """As many as the document says; in few of them the forest scores the answer below the typical one."""
    counted = count("forest")
    print(counted)
    assert (counted.refusals, counted.with_good_answer, counted.without_reasons) == (140, 94, 0)
    assert 0 < counted.against_direction <= counted.needing_good_answer < 10


@pytest.mark.parametrize("family", MONOTONE)
def test_a_monotone_model_needs_no_good_answer_as_a_reason(family: str) -> None:
    """Of a field with an expected direction, a good answer never scores below the typical one."""
    counted = count(family)
    print(family, counted)
    assert counted.refusals > 100
    assert counted.against_direction == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_few_refusals_are_left_without_a_reason(family: str) -> None:
    """At most two in a hundred; more than a third have four."""
    counted = count(family)
    print(family, counted)
    assert counted.without_reasons <= counted.refusals / 50
    assert counted.fewer_than_four <= counted.refusals * 0.65
