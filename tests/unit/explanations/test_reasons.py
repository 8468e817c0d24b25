"""Principal reasons over a forest of two trees, whose contributions can be added up by hand."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.table import columns_of
from creditapp.exceptions import BrokenBundle
from creditapp.explanations.reasons import Explainer, Source, verify_explainer
from creditapp.phrases import LocalText
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.forest import Leaves
from creditapp.scoring.scorer import Score
from tests import mixed
from tests.mixed import MIXED
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
        "Credit amount: 8,000 DM, more than is usual among approved applications",
    ]


def test_an_answer_that_costs_nothing_is_no_reason(explainer: Explainer) -> None:
    """The amount is small enough."""
    assert [one.feature for one in reasons(explainer, application(36, 5000.0, 40))] == [DURATION]


@pytest.mark.parametrize(("floor", "named"), [(0.19, [DURATION, AMOUNT]), (0.21, [DURATION])])
def test_an_answer_with_a_small_effect_is_no_reason(
    explainer: Explainer, monkeypatch: pytest.MonkeyPatch, floor: float, named: list[str]
) -> None:
    """The amount accounts for 0.1 of 0.5, one fifth of the distance to the group."""
    monkeypatch.setattr("creditapp.explanations.reasons.SMALLEST_SHARE", floor)
    assert [one.feature for one in reasons(explainer, POOR)] == named


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


GAPS: dict[str, dict[str, Any]] = {
    "income": {"mean": 0.0, "scale": 1.0, "fill": 2000.0, "missing": [None, -1]},
    "hired": {"mean": 0.0, "scale": 1.0, "fill": 0.0, "missing": [None, "never"]},
    "born": {"mean": 0.0, "scale": 1.0},
}


def forest_with_gaps(*, late_is_good: bool) -> Leaves:
    """An income up to 2,000 costs 0.25, one that is not given 0.3; a late date, or an early one, 0.3.

    The columns are the income, null, -1, the days since the hiring, null, never, and the days since birth.
    """
    late, early = (0.3, 0.0) if late_is_good else (0.0, 0.3)
    paths: list[tuple[float, dict[int, tuple[float, float]]]] = [
        (0.2, {1: (0.5, ANY)}),
        (0.5, {1: (-ANY, 0.5), 0: (2000, ANY)}),
        (0.25, {1: (-ANY, 0.5), 0: (-ANY, 2000)}),
        (late, {3: (-ANY, 365)}),
        (early, {3: (365, ANY)}),
        (0.1, {}),
    ]
    low, high = np.full((6, 7), -ANY, np.float32), np.full((6, 7), ANY, np.float32)
    for place, (_, limits) in enumerate(paths):
        for column, (over, up_to) in limits.items():
            low[place, column], high[place, column] = over, up_to
    return Leaves(np.array([value for value, _ in paths]), low, high)


def explain_mixed(
    given: Mapping[str, Any],
    catalogue: Catalogue = MIXED,
    policy: Policy = DEFAULT_POLICY,
    *,
    late_is_good: bool = False,
) -> Any:
    """The reasons for an application beside forty that earn 3,000 and were hired in the middle of 2024."""
    usual = "2025-06-01" if late_is_good else "2024-06-01"
    leaves = forest_with_gaps(late_is_good=late_is_good)

    class Scored:
        def probabilities(self, columns: Mapping[str, Any]) -> Any:
            encoded = Encoder.from_inputs(GAPS).encode({name: columns[name] for name in GAPS})
            fits = (encoded[:, None] > leaves.low) & (encoded[:, None] <= leaves.high)
            return fits.all(axis=2) @ leaves.values

    names = [*MIXED.feature_names, "applied"]
    best = {**mixed.EXAMPLE, "income": 3000, "hired": usual}
    cells = [MIXED.by_name[name].as_cell(best[name]) for name in names]
    text = io.StringIO()
    csv.writer(text).writerows([[*names, "paid"], *[[*cells, 1]] * 40])
    metadata = Metadata(FORMAT, "run", "now", "", "", GAPS, [0, 1], {}, {}, {})
    made = Bundle(b"", leaves.pack(), metadata, Golden([], []), text.getvalue(), catalogue)
    scorer: Any = Scored()
    application = Application({**best, **given})
    columns = columns_of(catalogue, [application.answers])
    score = Score(float(scorer.probabilities(columns)[0]), ())
    return verify_explainer(made, scorer).reasons(application, score, policy)


@pytest.mark.parametrize(
    ("given", "late_is_good", "expected"),
    [
        (
            {"income": 1500.0},
            False,
            ["income: 1,500 EUR, less than is usual among approved applications"],
        ),
        ({"income": None}, False, ["income: not given"]),
        (
            {"income": -1},
            False,
            ["income: no file"],
        ),
        (
            {"hired": "2025-06-01"},
            False,
            ["hired: 2025-06-01, later than is usual among approved applications"],
        ),
        (
            {"hired": "2020-01-01"},
            True,
            ["hired: 2020-01-01, earlier than is usual among approved applications"],
        ),
        ({"hired": None}, False, ["hired: not given"]),
        ({"hired": "never"}, False, ["hired: never hired"]),
        ({"income": None, "hired": "never"}, False, ["hired: never hired", "income: not given"]),
    ],
)
def test_missing_answers_and_dates_are_reasons_in_words_of_their_own(
    given: dict[str, Any], late_is_good: bool, expected: list[str]
) -> None:
    """A missing answer is neither more nor less; more days before the application are an earlier date."""
    found = explain_mixed(given, late_is_good=late_is_good)
    assert [str(one.text) for one in found] == expected
    for reason in found:
        assert (reason.value, reason.source) == (given[reason.feature], Source.MODEL)


def in_french(text: str) -> str:
    """A portfolio's text in French; one of the product's as it is."""
    return text.in_language("fr") if isinstance(text, LocalText) else text


OWN_WORDS = {
    "less": {
        "en": "Your income, {answer}, is under 100 % of the usual",
        "fr": "Votre revenu, {answer}, est sous 100 % du revenu usuel",
    },
    "any": "Your income: {answer} (100%s)",
}


@pytest.mark.parametrize(
    ("income", "english", "french"),
    [
        (
            1500.0,
            "Your income, 1,500 EUR, is under 100 % of the usual",
            "Votre revenu, 1,500 EUR, est sous 100 % du revenu usuel",
        ),
        (None, "Your income: not given (100%s)", "Your income: not given (100%s)"),
    ],
)
def test_a_portfolio_has_its_own_words_for_reasons(
    income: float | None, english: str, french: str
) -> None:
    """`{answer}` is the answer in words; a percent sign stands for itself, in every language."""
    own = {"unit": "EUR", "reason": OWN_WORDS}
    [reason] = explain_mixed({"income": income}, mixed.catalogue_with("income", creditapp=own))
    assert reason.worded(str)["text"] == english
    assert reason.worded(in_french)["text"] == french


def test_where_a_portfolio_words_one_side_only_the_others_have_the_usual_words() -> None:
    """Here, only what is more than usual."""
    own = {"reason": {"more": "Too much: {answer}"}}
    [reason] = explain_mixed({"income": 10.0}, mixed.catalogue_with("income", creditapp=own))
    assert str(reason.text) == "income: 10, less than is usual among approved applications"


def test_a_rule_on_a_missing_answer_is_a_reason_with_its_meaning() -> None:
    """The rule's text, and beside it what the code means."""
    rule = Rule("income", Outcome.DECLINE, "We need your income", codes=(-1,))
    [reason] = explain_mixed({"income": -1}, policy=Policy("1", 0.5, 0.2, rules=(rule,)))
    assert (reason.value, reason.meaning, reason.source) == (-1, "no file", Source.RULE)
    assert reason.worded(str)["text"] == "We need your income"
