"""The smallest changes that reach an approval, over scores that are worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.explanations.alternatives import Alternative, Alternatives, Change, alternatives
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.scoring.scorer import Score
from tests import mixed
from tests.mixed import MIXED
from tests.portfolios import BY_NAME, EXAMPLE, GERMAN

ANSWERS = {
    **EXAMPLE,
    "Duration in month": 24,
    "Credit amount": 5000.0,
    "Other debtors / guarantors": "A101",
    "Other installment plans": "A141",
}
Answers = Mapping[str, Any]


def look(
    probability: Callable[[Answers], float],
    policy: Policy = DEFAULT_POLICY,
    outside: Callable[[Answers], tuple[str, ...]] = lambda _: (),
    **changes: Any,
) -> Alternatives:
    """The alternatives of the application above, with some answers changed, where a function scores."""
    more = {name.replace("_", " "): answer for name, answer in changes.items()}
    return look_in(GERMAN, {**ANSWERS, **more}, probability, policy, outside)


def look_in(
    portfolio: Catalogue,
    given: Answers,
    probability: Callable[[Answers], float],
    policy: Policy = DEFAULT_POLICY,
    outside: Callable[[Answers], tuple[str, ...]] = lambda _: (),
) -> Alternatives:
    """The alternatives of an application of any portfolio, where a function scores."""

    class Scorer:
        catalogue = portfolio

        def score(self, applications: Sequence[Application]) -> list[Score]:
            answers = [application.answers for application in applications]
            return [Score(probability(one), outside(one)) for one in answers]

    scorer: Any = Scorer()
    return alternatives(Application(given), scorer, policy)


def changed(found: Alternative) -> dict[str, object]:
    """The answers that an alternative gives."""
    return {change.feature: change.new for change in found.changes}


def test_of_one_answer_the_smallest_change_is_shown() -> None:
    """Twenty months are enough, and so is every shorter duration and every pair with one."""
    found = look(lambda answers: 0.7 if answers["Duration in month"] <= 20 else 0.69)
    assert [changed(one) for one in found.approved] == [{"Duration in month": 20}]
    [one] = found.approved
    assert (one.probability_good_credit, one.risk_level, one.decision) == (0.7, "LOW", "approve")
    assert one.size == pytest.approx(4 / 24)
    assert found.nearest is None


@pytest.mark.parametrize(
    ("amount", "limit", "expected"),
    [
        (5000.0, 4700, 4700.0),  # 4750, rounded down to hundreds
        (5000.0, 250, 250.0),  # the smallest of twenty steps
        (20000.0, 18999, 18000.0),  # steps of 1000, rounded down to 500
        (11000.0, 10450, 10000.0),  # 10450, rounded down to 500
        (10500.0, 9999, 9900.0),  # 9975, rounded down to 100
        (900.0, 855, 850.0),  # 855, rounded down to 10
        (90.0, 85.5, 85.0),  # 85.5, rounded down to 1
    ],
)
def test_amounts_are_tried_in_twenty_steps_and_are_round(
    amount: float, limit: float, expected: float
) -> None:
    """The larger the amount, the rounder."""
    found = look(
        lambda answers: 0.9 if answers["Credit amount"] <= limit else 0.1, Credit_amount=amount
    )
    assert [changed(one) for one in found.approved] == [{"Credit amount": expected}]


def test_two_answers_change_where_one_is_not_enough() -> None:
    """Of 23 shorter durations each third is tried: 21, 18, 15 and so on."""

    def probability(answers: Answers) -> float:
        is_short = answers["Duration in month"] <= 20
        return 0.8 if is_short and answers["Other debtors / guarantors"] == "A103" else 0.5

    [one] = look(probability).approved
    assert changed(one) == {"Duration in month": 18, "Other debtors / guarantors": "A103"}
    assert one.size == pytest.approx(6 / 24 + 0.5)


def test_each_sufficient_answer_is_shown_the_smallest_change_first() -> None:
    """A guarantor or no other plans count one half; three tenths less money comes before both."""

    def probability(answers: Answers) -> float:
        is_enough = (
            answers["Credit amount"] <= 3500
            or answers["Duration in month"] <= 6
            or answers["Other debtors / guarantors"] == "A103"
            or answers["Other installment plans"] == "A143"
        )
        return 0.9 if is_enough else 0.1

    assert [changed(one) for one in look(probability).approved] == [
        {"Credit amount": 3500.0},
        {"Other debtors / guarantors": "A103"},
        {"Other installment plans": "A143"},
        {"Duration in month": 6},
    ]


def test_where_nothing_is_enough_the_nearest_is_shown() -> None:
    """The highest score; among equal scores the smallest change."""
    found = look(lambda answers: 0.6 if answers["Duration in month"] <= 12 else 0.5)
    assert found.approved == ()
    assert found.nearest is not None
    assert changed(found.nearest) == {"Duration in month": 12}
    assert (found.nearest.risk_level, found.nearest.decision) == ("MEDIUM", "refer")


def test_a_change_to_what_the_model_never_saw_is_not_shown() -> None:
    """Durations under ten months would be outside the training data."""
    found = look(
        lambda answers: 0.9 if answers["Duration in month"] < 10 else 0.1,
        outside=lambda answers: ("Duration in month",) if answers["Duration in month"] < 10 else (),
    )
    assert found.approved == ()
    assert found.nearest is not None
    assert found.nearest.probability_good_credit == 0.1


def test_a_rule_decides_too() -> None:
    """The score would be enough for any amount; a rule refers all over 2,000."""
    rule = Rule("Credit amount", Outcome.REFER, "looked at", over=2000)
    found = look(lambda _: 0.9, Policy("1", rules=(rule,)))
    assert [changed(one) for one in found.approved] == [{"Credit amount": 2000.0}]


def test_an_application_that_cannot_change_has_no_alternatives() -> None:
    """One month, the smallest amount, a guarantor and no other plans."""
    least = {"Other debtors / guarantors": "A103", "Other installment plans": "A143"}
    found = look(lambda _: 0.1, Duration_in_month=1, Credit_amount=1.0, **least)
    assert found == Alternatives((), None)


def test_an_alternative_is_answered_in_words() -> None:
    """As a program reads it: codes as codes, and a sentence with their meanings."""
    one = Alternative(
        (
            Change(BY_NAME["Duration in month"], 24, 18),
            Change(BY_NAME["Other debtors / guarantors"], "A101", "A103"),
        ),
        0.75,
        "LOW",
        "approve",
    )
    assert one.worded(str) == {
        "changes": [
            {"feature": "Duration in month", "from": 24, "to": 18},
            {"feature": "Other debtors / guarantors", "from": "A101", "to": "A103"},
        ],
        "probability_good_credit": 0.75,
        "risk_level": "LOW",
        "decision": "approve",
        "text": "With Duration: 18 months instead of 24 months, "
        "Other debtors or guarantors: guarantor instead of none the score would be 0.750",
    }


def savings_from(least: float) -> Callable[[Answers], float]:
    """Enough for an approval from so much savings on."""
    return lambda answers: 0.9 if (answers["savings"] or 0) >= least else 0.1


@pytest.mark.parametrize(
    ("savings", "least", "expected"),
    [
        (800, 801, 840),  # the first of twenty steps of 40
        (800, 1001, 1100),  # 1040, rounded up to hundreds
        (800, 1501, 1600),  # 1520, rounded up
        (12000, 12001, 13000),  # 12600, rounded up to 500
        (99900, 99951, 99951),  # within 120 of the largest: each integer is tried
        (7, 10, 10),  # 7.35, 7.7 and so on, rounded up to 8, 9 and 10
    ],
)
def test_larger_integers_of_a_wide_range_are_tried_in_steps(
    savings: int, least: int, expected: int
) -> None:
    """Twenty steps up to twice the amount, rounded up; up to 120 integers are all tried."""
    found = look_in(MIXED, {**mixed.EXAMPLE, "savings": savings}, savings_from(least))
    assert [changed(one) for one in found.approved] == [{"savings": expected}]
    assert type(found.approved[0].changes[0].new) is int
    assert found.approved[0].size == pytest.approx((expected - savings) / savings)


def test_no_more_than_twice_the_amount_and_nothing_over_the_limit_is_tried() -> None:
    """Of 70,000, at most the limit of 100,000; of 0 in a wide range, nothing."""
    tried: list[Any] = []

    def probability(answers: Answers) -> float:
        tried.append(answers["savings"])
        return 0.1

    for savings, largest in ((800, 1600), (70_000, 98_000), (0, 0), (100_000, 100_000)):
        tried.clear()
        look_in(MIXED, {**mixed.EXAMPLE, "savings": savings}, probability)
        assert max(tried) == largest


def narrow(**keys: Any) -> Catalogue:
    """The portfolio with a narrow range of savings."""
    limits = {"minimum": 0, "maximum": 100}
    return mixed.catalogue_with("savings", constraints=limits, **keys)


def test_of_a_number_0_the_size_of_a_change_is_the_new_number() -> None:
    """All integers of a narrow range are tried; halving is no measure here."""
    given = {**mixed.EXAMPLE, "savings": 0}
    found = look_in(narrow(), given, savings_from(3))
    [one] = found.approved
    assert (changed(one), one.size) == ({"savings": 3}, 3)


def test_a_code_for_a_missing_answer_is_no_number_to_change_to() -> None:
    """Neither null nor a declared code is changed into a number, nor a number into one of them."""
    portfolio = narrow(missingValues=["", "8"], creditapp={"changeable": "larger"})
    found = look_in(portfolio, {**mixed.EXAMPLE, "savings": 5}, savings_from(8))
    assert [changed(one) for one in found.approved] == [{"savings": 9}]
    for missing in (None, 8):
        found = look_in(portfolio, {**mixed.EXAMPLE, "savings": missing}, savings_from(20))
        assert found.approved == ()
        assert found.nearest is not None
        assert changed(found.nearest) == {"owner": True}


def test_yes_or_no_and_a_number_with_its_unit_are_told_in_words() -> None:
    """With the meanings of true and false."""
    named = mixed.catalogue_with("savings", creditapp={"changeable": "larger", "unit": "EUR"})

    def probability(answers: Answers) -> float:
        return 0.75 if answers["owner"] and answers["savings"] > 800 else 0.1

    [one] = look_in(named, {**mixed.EXAMPLE, "savings": 800}, probability).approved
    told = one.worded(str)
    assert told["changes"] == [
        {"feature": "savings", "from": 800, "to": 880},
        {"feature": "owner", "from": False, "to": True},
    ]
    assert told["text"] == (
        "With savings: 880 EUR instead of 800 EUR, owner: yes instead of no the score would be 0.750"
    )
