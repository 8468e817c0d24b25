"""The smallest changes that reach an approval, over scores that are worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.explanations.alternatives import Alternatives, alternatives
from creditapp.explanations.changes import Alternative, Change
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.scoring.scorer import Score, Seen
from creditapp.scoring.splits import Split
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
DURATION, AMOUNT, RATE = (
    "Duration in month",
    "Credit amount",
    "Installment rate in percentage of disposable income",
)
Splits = Mapping[str, Sequence[Split]]


def over(**numbers: Any) -> Splits:
    """A model with splits just over some numbers."""
    return {
        name.replace("_", " "): [Split.over(number) for number in given]
        for name, given in numbers.items()
    }


@dataclass(frozen=True)
class FakeScorer:
    """Scores with a function; the training data hold everything, if nothing else is said."""

    catalogue: Catalogue
    probability: Callable[[Answers], float]
    splits: Splits
    seen: Mapping[str, Seen] = field(default_factory=dict)
    outside: Callable[[Answers], tuple[str, ...]] = lambda _: ()

    def score(self, applications: Sequence[Application]) -> list[Score]:
        """The score of each application."""
        answers = [application.answers for application in applications]
        return [Score(self.probability(one), self.outside(one)) for one in answers]


def look(
    probability: Callable[[Answers], float],
    splits: Splits,
    policy: Policy = DEFAULT_POLICY,
    **changes: Any,
) -> Alternatives:
    """The alternatives of the application above, with some answers changed, where a function scores."""
    more = {name.replace("_", " "): answer for name, answer in changes.items()}
    scorer: Any = FakeScorer(GERMAN, probability, splits)
    return alternatives(Application({**ANSWERS, **more}), scorer, policy)


def look_in(
    portfolio: Catalogue,
    given: Answers,
    probability: Callable[[Answers], float],
    splits: Splits,
    **more: Any,
) -> Alternatives:
    """The alternatives of an application of any portfolio, where a function scores."""
    scorer: Any = FakeScorer(portfolio, probability, splits, **more)
    return alternatives(Application(given), scorer, DEFAULT_POLICY)


def changed(found: Alternative) -> dict[str, object]:
    """The answers that an alternative gives; of a range, both ends."""
    return {one.feature: (one.new, one.until) if one.is_range else one.new for one in found.changes}


def all_changed(found: Alternatives) -> list[dict[str, object]]:
    """The answers of each alternative."""
    return [changed(one) for one in found.approved]


def test_of_one_answer_the_whole_range_is_shown() -> None:
    """Twenty months are enough, and so is every shorter duration; a pair with one is not needed."""
    found = look(
        lambda answers: 0.7 if answers[DURATION] <= 20 else 0.69, over(Duration_in_month=[20])
    )
    assert all_changed(found) == [{DURATION: (20, 1)}]
    [one] = found.approved
    assert (one.probability_good_credit, one.risk_level, one.decision) == (0.7, "LOW", "approve")
    assert one.size == pytest.approx(4 / 24)
    assert found.nearest is None


def test_a_range_ends_where_the_score_falls_again() -> None:
    """A model that is not monotone: 12 to 20 months are enough, 11 are not, and 5 are again."""

    def probability(answers: Answers) -> float:
        return 0.7 if 12 <= answers[DURATION] <= 20 or answers[DURATION] <= 5 else 0.5

    found = look(probability, over(Duration_in_month=[5, 11, 20]))
    assert all_changed(found) == [{DURATION: (20, 12)}]


def test_the_score_of_a_range_is_the_lowest_in_it() -> None:
    """And the sentence says so."""

    def probability(answers: Answers) -> float:
        return {True: 0.9, False: 0.75}[answers[DURATION] > 10] if answers[DURATION] <= 20 else 0.5

    [one] = look(probability, over(Duration_in_month=[10, 20])).approved
    assert (changed(one), one.probability_good_credit) == ({DURATION: (20, 1)}, 0.75)
    assert one.worded(str)["text"] == (
        "With Duration: from 1 to 20 months instead of 24 months the score would be at least 0.750, "
        "whatever the new answer to: Instalment, as a share of disposable income"
    )


def test_a_range_with_several_scores_says_at_least() -> None:
    """Without followers too."""

    def probability(answers: Answers) -> float:
        return 0.9 if answers["savings"] > 1000 else 0.8 if answers["savings"] > 500 else 0.1

    [one] = look_in(MIXED, mixed.EXAMPLE, probability, over(savings=[500, 1000])).approved
    assert (changed(one), one.exact) == ({"savings": (510, 100_000)}, False)
    assert one.worded(str)["text"] == (
        "With savings: from 510 to 100000 instead of 80 the score would be at least 0.800"
    )


def test_what_follows_must_be_enough_for_every_value() -> None:
    """Fewer months lead to another instalment: with one of them (3), only 9 months are enough."""

    def probability(answers: Answers) -> float:
        return 0.8 if answers[DURATION] <= (9 if answers[RATE] == 3 else 20) else 0.5

    [one] = look(probability, over(Duration_in_month=[9, 20])).approved
    assert changed(one) == {DURATION: (9, 1)}
    assert [question.name for question in one.followers] == [RATE]


def test_only_values_that_the_training_data_hold_may_follow() -> None:
    """No row has the heaviest instalment, so 20 months are enough."""

    def probability(answers: Answers) -> float:
        return 0.8 if answers[DURATION] <= 20 and answers[RATE] > 1 else 0.5

    held = {RATE: Seen(frozenset(), (2.0, 4.0))}
    found = look_in(GERMAN, ANSWERS, probability, over(Duration_in_month=[20]), seen=held)
    assert all_changed(found) == [{DURATION: (20, 1)}]


def test_a_code_leaves_the_instalment_as_it_is() -> None:
    """It follows the amount and the months only."""

    def probability(answers: Answers) -> float:
        return (
            0.8 if answers["Other debtors / guarantors"] == "A103" and answers[RATE] == 2 else 0.5
        )

    [one] = look(probability, {}).approved
    assert (changed(one), one.followers) == ({"Other debtors / guarantors": "A103"}, ())
    assert one.worded(str)["text"].endswith("the score would be 0.800")


@pytest.mark.parametrize(
    ("amount", "limit", "expected"),
    [
        (5000.0, 4760, 4700.0),  # rounded down to hundreds
        (20000.0, 18999, 18500.0),  # to 500
        (900.0, 855, 850.0),  # to 10
        (90.0, 85.5, 85.0),  # to 1
        (5000.0, 0.5, 0.5),  # less than 1: no whole number
    ],
)
def test_amounts_are_round(amount: float, limit: float, expected: float) -> None:
    """The larger the amount, the rounder, as far as there is a round one."""
    found = look(
        lambda answers: 0.9 if answers[AMOUNT] <= limit else 0.1,
        over(Credit_amount=[limit]),
        Credit_amount=amount,
    )
    [one] = found.approved
    assert one.changes[0].new == expected


def test_a_narrow_cell_has_a_number_without_rounding() -> None:
    """From 4,701.2 to 4,701.4 are enough, and nothing else."""
    found = look(
        lambda answers: 0.9 if 4701.2 < answers[AMOUNT] <= 4701.4 else 0.1,
        over(Credit_amount=[4701.2, 4701.4]),
    )
    [one] = found.approved
    low, high = sorted([one.changes[0].new, one.changes[0].until])
    assert 4701.2 < low <= high <= 4701.4


def test_two_answers_change_where_one_is_not_enough() -> None:
    """A number with a code has its whole range."""

    def probability(answers: Answers) -> float:
        is_short = answers[DURATION] <= 20
        return 0.8 if is_short and answers["Other debtors / guarantors"] == "A103" else 0.5

    [one] = look(probability, over(Duration_in_month=[20])).approved
    assert changed(one) == {DURATION: (20, 1), "Other debtors / guarantors": "A103"}
    assert one.size == pytest.approx(4 / 24 + 0.5)


def test_two_numbers_change_within_a_rectangle_of_approvals() -> None:
    """At most 18 months and 3,000 together, but not less than 7 months with more than 1,000."""

    def probability(answers: Answers) -> float:
        months, amount = answers[DURATION], answers[AMOUNT]
        return 0.8 if months <= 18 and amount <= (3000 if months > 6 else 1000) else 0.5

    splits = over(Duration_in_month=[6, 12, 18], Credit_amount=[1000, 2000, 3000])
    [one] = look(probability, splits).approved
    assert changed(one) == {DURATION: (18, 7), AMOUNT: (3000, 1)}


def test_each_sufficient_answer_is_shown_the_smallest_change_first() -> None:
    """A guarantor or no other plans count one half; three tenths less money comes before both."""

    def probability(answers: Answers) -> float:
        is_enough = (
            answers[AMOUNT] <= 3500
            or answers[DURATION] <= 6
            or answers["Other debtors / guarantors"] == "A103"
            or answers["Other installment plans"] == "A143"
        )
        return 0.9 if is_enough else 0.1

    found = look(probability, over(Credit_amount=[3500], Duration_in_month=[6]))
    assert [list(one) for one in all_changed(found)] == [
        [AMOUNT],
        ["Other debtors / guarantors"],
        ["Other installment plans"],
        [DURATION],
    ]


def test_where_nothing_is_enough_the_nearest_is_shown() -> None:
    """The highest score, with one number instead of a range; among equal scores the smallest change."""
    found = look(
        lambda answers: 0.6 if answers[DURATION] <= 12 else 0.5, over(Duration_in_month=[12])
    )
    assert found.approved == ()
    assert found.nearest is not None
    assert changed(found.nearest) == {DURATION: 12}
    assert (found.nearest.risk_level, found.nearest.decision) == ("MEDIUM", "refer")


def test_a_change_to_what_the_model_never_saw_is_not_shown() -> None:
    """Durations under ten months, and guarantors, are outside the training data."""
    found = look_in(
        GERMAN,
        ANSWERS,
        lambda answers: 0.9 if answers[DURATION] <= 12 else 0.1,
        over(Duration_in_month=[12]),
        seen={DURATION: Seen(frozenset(), (10.0, 72.0))},
    )
    assert all_changed(found) == [{DURATION: (12, 10)}]
    name = "Other debtors / guarantors"
    found = look_in(
        GERMAN,
        ANSWERS,
        lambda answers: 0.9 if answers[name] == "A103" else 0.1,
        {},
        outside=lambda answers: (name,) if answers[name] == "A103" else (),
    )
    assert found.approved == ()
    assert found.nearest is not None
    assert found.nearest.probability_good_credit == 0.1


def test_a_rule_decides_too() -> None:
    """The score would be enough for any amount; rules refer all over 2,000 and under 500."""
    rules = (
        Rule(AMOUNT, Outcome.REFER, "looked at", over=2000),
        Rule(AMOUNT, Outcome.REFER, "looked at", under=500),
    )
    found = look(lambda _: 0.9, {}, Policy("1", rules=rules))
    assert all_changed(found) == [{AMOUNT: (2000.0, 500.0)}]


def test_an_application_that_cannot_change_has_no_alternatives() -> None:
    """One month, an amount that no split is below, a guarantor and no other plans."""
    least = {"Other debtors / guarantors": "A103", "Other installment plans": "A143"}
    found = look(lambda _: 0.1, {}, Duration_in_month=1, Credit_amount=1.0, **least)
    assert found == Alternatives((), None)


def test_an_alternative_is_answered_in_words() -> None:
    """As a program reads it: codes as codes, and a sentence with their meanings."""
    one = Alternative(
        (
            Change(BY_NAME[DURATION], 24, 18, 6),
            Change(BY_NAME["Other debtors / guarantors"], "A101", "A103"),
        ),
        0.75,
        "LOW",
        "approve",
        (BY_NAME[RATE],),
        exact=False,
    )
    assert one.worded(str) == {
        "changes": [
            {"feature": DURATION, "from": 24, "to": 18, "until": 6},
            {
                "feature": "Other debtors / guarantors",
                "from": "A101",
                "to": "A103",
                "until": "A103",
            },
        ],
        "followers": [RATE],
        "probability_good_credit": 0.75,
        "risk_level": "LOW",
        "decision": "approve",
        "text": "With Duration: from 6 to 18 months instead of 24 months, "
        "Other debtors or guarantors: guarantor instead of none the score would be at least 0.750, "
        "whatever the new answer to: Instalment, as a share of disposable income",
    }


def savings_from(least: float) -> Callable[[Answers], float]:
    """Enough for an approval from so much savings on."""
    return lambda answers: 0.9 if (answers["savings"] or 0) >= least else 0.1


@pytest.mark.parametrize(
    ("savings", "least", "expected"),
    [
        (800, 801, 810),  # rounded up to tens
        (800, 1001, 1100),  # to hundreds
        (12000, 12001, 12500),  # to 500
        (0, 3, 3),  # from nothing on: a share of nothing is nothing
        (0, 841, 850),
        (99900, 99951, 100000),
    ],
)
def test_larger_numbers_are_rounded_up(savings: int, least: int, expected: int) -> None:
    """The range ends with the largest number that is accepted."""
    found = look_in(
        MIXED,
        {**mixed.EXAMPLE, "savings": savings},
        savings_from(least),
        over(savings=[least - 1]),
    )
    [one] = found.approved
    assert changed(one) == {"savings": (expected, 100_000) if expected < 100_000 else expected}
    assert type(one.changes[0].new) is int
    assert one.size == pytest.approx((expected - savings) / expected)


@pytest.mark.parametrize(
    ("changeable", "given", "enough", "expected"),
    [
        ("larger", -500, (-100, 100), (-100, 100)),
        ("smaller", -500, (-900, -600), (-600, -900)),
        ("smaller", 0, (-900, -600), (-600, -900)),
    ],
)
def test_numbers_below_nothing_change_too(
    changeable: str, given: int, enough: tuple[int, int], expected: tuple[int, int]
) -> None:
    """A balance can be negative; shares of it would have the wrong sign."""
    portfolio = mixed.catalogue_with(
        "savings",
        constraints={"minimum": -1000, "maximum": 1000},
        creditapp={"changeable": changeable},
    )
    low, high = enough
    found = look_in(
        portfolio,
        {**mixed.EXAMPLE, "savings": given},
        lambda answers: 0.9 if low <= answers["savings"] <= high else 0.1,
        over(savings=[low - 1, high]),
    )
    assert all_changed(found) == [{"savings": expected}]


def narrow(**keys: Any) -> Catalogue:
    """The portfolio with a narrow range of savings, which are said without rounding."""
    limits = {"minimum": 0, "maximum": 100}
    return mixed.catalogue_with("savings", constraints=limits, **keys)


def test_a_range_does_not_reach_over_a_code_for_a_missing_answer() -> None:
    """Neither null nor a declared code is changed into a number, nor a number into one of them."""
    portfolio = narrow(missingValues=["", "60"], creditapp={"changeable": "larger"})
    splits = over(savings=[41])
    found = look_in(portfolio, {**mixed.EXAMPLE, "savings": 5}, savings_from(42), splits)
    assert all_changed(found) == [{"savings": (42, 59)}]
    for missing in (None, 60):
        given = {**mixed.EXAMPLE, "savings": missing}
        found = look_in(portfolio, given, lambda _: 0.1, splits)
        assert found.approved == ()
        assert found.nearest is not None
        assert changed(found.nearest) == {"owner": True}


def test_yes_or_no_and_a_number_with_its_unit_are_told_in_words() -> None:
    """With the meanings of true and false."""
    named = mixed.catalogue_with("savings", creditapp={"changeable": "larger", "unit": "EUR"})

    def probability(answers: Answers) -> float:
        return 0.75 if answers["owner"] and answers["savings"] > 800 else 0.1

    given = {**mixed.EXAMPLE, "savings": 800}
    [one] = look_in(named, given, probability, over(savings=[800])).approved
    told = one.worded(str)
    assert told["changes"] == [
        {"feature": "savings", "from": 800, "to": 810, "until": 100_000},
        {"feature": "owner", "from": False, "to": True, "until": True},
    ]
    assert told["text"] == (
        "With savings: from 810 to 100,000 EUR instead of 800 EUR, owner: yes instead of no "
        "the score would be 0.750"
    )


def test_what_follows_a_follower_is_open_too_and_too_many_are_not_tried() -> None:
    """The region follows the grade, which follows the savings; with the income there are too many."""
    fields = {"grade": ["savings"], "region": ["grade"]}
    portfolio = mixed.catalogue_with_follows(fields)
    found = look_in(portfolio, mixed.EXAMPLE, savings_from(500), over(savings=[499]))
    [one] = found.approved
    assert [question.name for question in one.followers] == ["grade", "region"]
    portfolio = mixed.catalogue_with_follows({**fields, "income": ["savings"]})
    many = over(savings=[499], income=range(100, 3100, 100))
    found = look_in(portfolio, mixed.EXAMPLE, savings_from(500), many)
    assert found.approved == ()
