"""Principal reasons over a forest of two trees, whose contributions can be added up by hand."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from creditapp.applications.catalogue import Application
from creditapp.exceptions import BrokenBundle
from creditapp.explanations.reasons import Explainer, Source, verify_explainer
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata
from creditapp.scoring.forest import Leaves
from creditapp.scoring.scorer import Score
from tests.portfolios import EXAMPLE, FEATURE_NAMES, GERMAN

DURATION, AMOUNT, AGE = "Duration in month", "Credit amount", "Age in years"
INPUTS = {name: {"mean": 0.0, "scale": 1.0} for name in (DURATION, AMOUNT, AGE)}
ANY = np.inf
LEAVES = Leaves(
    np.array([0.5, 0.2, 0.3, 0.2, 0.1, 0.0]),
    np.array(
        [
            [-ANY] * 3,
            [24, -ANY, -ANY],
            [-ANY] * 3,
            [-ANY, 5000, -ANY],
            [-ANY] * 3,
            [-ANY, -ANY, 30],
        ],
        np.float32,
    ),
    np.array(
        [[24, ANY, ANY], [ANY] * 3, [ANY, 5000, ANY], [ANY] * 3, [ANY, ANY, 30], [ANY] * 3],
        np.float32,
    ),
)
"""More than 24 months cost 0.3, more than 5,000 cost 0.1, and more than 30 years cost 0.1."""


def by_hand(answers: Mapping[str, Any]) -> float:
    """What the forest gives."""
    duration = 0.5 if answers[DURATION] <= 24 else 0.2
    amount = 0.3 if answers[AMOUNT] <= 5000 else 0.2
    return duration + amount + (0.1 if answers[AGE] <= 30 else 0.0)


class HandScorer:
    """Takes the place of the engine."""

    def probabilities(self, columns: Mapping[str, Any]) -> Any:
        """The probability of each row."""
        rows = zip(columns[DURATION], columns[AMOUNT], columns[AGE], strict=True)
        names = (DURATION, AMOUNT, AGE)
        return np.array([by_hand(dict(zip(names, row, strict=True))) for row in rows])


SCORER: Any = HandScorer()


def application(duration: int, amount: float, age: int, **more: Any) -> Application:
    """The example with other answers to what the forest looks at."""
    return Application({**EXAMPLE, DURATION: duration, AMOUNT: amount, AGE: age, **more})


def bundle(*held_out: Application) -> Bundle:
    """The forest, with rows to compare with."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FEATURE_NAMES, GERMAN.outcome.name])
    writer.writerows([*(one.answers[name] for name in FEATURE_NAMES), 1] for one in held_out)
    metadata = Metadata(FORMAT, "run", "now", "", "", INPUTS, [0, 1], {}, {}, {})
    return Bundle(b"", LEAVES.pack(), metadata, Golden([], []), text.getvalue(), GERMAN)


BEST, POOR = application(12, 1000.0, 25), application(36, 8000.0, 40)


@pytest.fixture
def explainer() -> Explainer:
    """Forty rows that score 0.9 and ten that score 0.4."""
    return verify_explainer(bundle(*[BEST] * 40, *[POOR] * 10), SCORER)


def reasons(explainer: Explainer, given: Application, policy: Policy = DEFAULT_POLICY) -> Any:
    """The reasons for an application that the model has seen the like of."""
    return explainer.reasons(given, Score(by_hand(given.answers), ()), policy)


def test_contributions_are_what_each_answer_costs(explainer: Explainer) -> None:
    """Beside rows that all score 0.9."""
    assert explainer.contributions(POOR, 0.7) == pytest.approx(
        {DURATION: -0.3, AMOUNT: -0.1, AGE: -0.1}, abs=1e-12
    )
    assert explainer.contributions(BEST, 0.7) == pytest.approx(
        {DURATION: 0.0, AMOUNT: 0.0, AGE: 0.0}, abs=1e-12
    )


def test_the_most_expensive_answer_comes_first_and_a_protected_one_not_at_all(
    explainer: Explainer,
) -> None:
    """Each says on which side of what is usual it lies."""
    found = reasons(explainer, POOR)
    assert [(one.feature, one.value, one.source) for one in found] == [
        (DURATION, 36, Source.MODEL),
        (AMOUNT, 8000.0, Source.MODEL),
    ]
    assert [str(one.text) for one in found] == [
        "Duration: 36 months, more than is usual among approved applications",
        "Credit amount: 8000, more than is usual among approved applications",
    ]


def test_an_answer_that_costs_nothing_is_no_reason(explainer: Explainer) -> None:
    """The amount is small enough."""
    assert [one.feature for one in reasons(explainer, application(36, 5000.0, 40))] == [DURATION]


def test_an_approval_has_no_reasons(explainer: Explainer) -> None:
    """There is nothing to explain."""
    assert reasons(explainer, BEST) == ()


def test_the_group_begins_at_the_cut_off() -> None:
    """32 rows at 0.7 and just above it are compared with, not those further up."""
    near = application(12, 8000.0, 40)  # 0.7
    explainer = verify_explainer(bundle(*[BEST] * 40, *[near] * 32, *[POOR] * 10), SCORER)
    assert explainer.contributions(POOR, 0.7)[AMOUNT] == pytest.approx(0.0, abs=1e-12)
    assert explainer.contributions(POOR, 0.71)[AMOUNT] == pytest.approx(-0.1)


def test_where_few_reach_the_cut_off_the_best_are_compared_with() -> None:
    """Eight of the 32 score 0.9, so that the amount costs a quarter of 0.1 on average."""
    explainer = verify_explainer(bundle(*[BEST] * 8, *[POOR] * 40), SCORER)
    assert explainer.contributions(POOR, 0.7)[AMOUNT] == pytest.approx(-0.1 * 8 / 32)


def test_fewer_rows_than_a_group_are_all_compared_with() -> None:
    """One of four scores 0.9."""
    explainer = verify_explainer(bundle(BEST, *[POOR] * 3), SCORER)
    assert explainer.contributions(POOR, 0.7)[DURATION] == pytest.approx(-0.3 / 4)


REFER = Rule("Purpose", Outcome.REFER, "The purpose is looked at", codes=("A42",))
DECLINE = Rule(DURATION, Outcome.DECLINE, "The term is too long", over=10)


def test_the_rules_that_made_the_decision_are_its_reasons(explainer: Explainer) -> None:
    """Of a referral and a decline, the decline alone; the answer stands beside the rule's text."""
    given = application(12, 1000.0, 25, Purpose="A42")
    assert [one.feature for one in reasons(explainer, given, Policy("1", rules=(REFER,)))] == [
        "Purpose"
    ]
    [reason] = reasons(explainer, given, Policy("1", rules=(REFER, DECLINE)))
    assert (reason.feature, reason.value, reason.source) == (DURATION, 12, Source.RULE)
    assert reason.worded(str)["text"] == "The term is too long"


def test_a_rule_that_agrees_with_the_score_is_no_reason(explainer: Explainer) -> None:
    """The score declines by itself: at 0.4 with a cut-off of 0.5."""
    policy = Policy("1", 0.7, 0.5, rules=(REFER, DECLINE))
    given = application(36, 8000.0, 40, Purpose="A42")
    assert {one.source for one in reasons(explainer, given, policy)} == {Source.MODEL}


def test_no_more_than_four_reasons_are_given(explainer: Explainer) -> None:
    """Of five rules, and of five answers that the model never saw."""
    rules = tuple(Rule(DURATION, Outcome.REFER, f"rule {n}", over=n) for n in range(1, 6))
    found = reasons(explainer, BEST, Policy("1", rules=rules))
    assert [one.worded(str)["text"] for one in found] == [f"rule {n}" for n in range(1, 5)]
    names = ("Purpose", AGE, "Housing", "Job", "Property", "Credit history")
    strange = explainer.reasons(BEST, Score(0.9, names), DEFAULT_POLICY)
    assert [one.feature for one in strange] == ["Purpose", "Housing", "Job", "Property"]
    assert {one.source for one in strange} == {Source.OUTSIDE_TRAINING}


def test_leaves_that_do_not_give_the_engines_scores_are_refused() -> None:
    """By more than a millionth; less than that is rounding."""

    class Off(HandScorer):
        def __init__(self, by: float) -> None:
            self.by = by

        def probabilities(self, columns: Mapping[str, Any]) -> Any:
            found = super().probabilities(columns)
            found[-1] -= self.by
            return found

    nearly: Any = Off(9e-7)
    verify_explainer(bundle(BEST, POOR), nearly)
    for by in (2e-6, -2e-6, float("nan")):
        off: Any = Off(by)
        with pytest.raises(BrokenBundle, match="leaves and its scores differ"):
            verify_explainer(bundle(BEST, POOR), off)
