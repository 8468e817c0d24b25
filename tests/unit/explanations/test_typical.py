"""What is typical of a group, and which answers are worse, on answers that are counted by hand."""

from typing import Any

import pytest

from creditapp.explanations.typical import bad_rate, is_worse, typical_answer
from tests.mixed import MIXED
from tests.portfolios import BY_NAME

DURATION, HISTORY, PURPOSE, RATE, CREDITS = (
    BY_NAME[name]
    for name in (
        "Duration in month",
        "Credit history",
        "Purpose",
        "Installment rate in percentage of disposable income",
        "Number of existing credits at this bank",
    )
)
INCOME = MIXED.by_name["income"]
PURPOSES = [
    {"answer": "A40", "count": 10, "bad": 4},
    {"answer": "A43", "count": 10, "bad": 2},
    {"answer": "A42", "count": 10, "bad": 2},
    {"answer": "A47", "count": 0, "bad": 0},
]
QUARTERS = [
    {"from": 100.0, "to": 900.0, "count": 10, "bad": 5},
    {"from": 1000.0, "to": 1900.0, "count": 10, "bad": 3},
    {"from": 2000.0, "to": 2900.0, "count": 10, "bad": 1},
    {"from": 3000.0, "to": 9000.0, "count": 10, "bad": 2},
    {"answer": None, "count": 4, "bad": 3},
    {"answer": -1, "count": 0, "bad": 0},
]


@pytest.mark.parametrize(
    ("question", "group", "expected"),
    [
        (DURATION, [6, 12, 48], 12),
        (DURATION, [6, 12, 18, 48], 15),
        (RATE, [1, 4, 4, 2], 4),
        (PURPOSE, ["A40", "A43", "A43"], "A43"),
        (HISTORY, ["A30", "A34", "A34"], "A34"),
        (INCOME, [1000, None, 3000], 2000),
        (INCOME, [None, -1, None, 3000], None),
    ],
)
def test_a_quantity_has_its_median_and_a_code_is_the_most_frequent(
    question: Any, group: list[Any], expected: Any
) -> None:
    """The number of a band is a code; missing answers count only where they are most."""
    assert typical_answer(question, group) == expected


@pytest.mark.parametrize(
    ("question", "typical", "worse", "good"),
    [
        (DURATION, 12, [13, 48], [12, 11, 1]),
        (HISTORY, "A32", ["A31", "A30"], ["A32", "A33", "A34"]),
    ],
)
def test_the_expected_direction_says_what_is_worse(
    question: Any, typical: Any, worse: list[Any], good: list[Any]
) -> None:
    """Longer is worse, a later code of the history better; the data's rates do not count then."""
    contrary = [{"answer": one, "count": 1, "bad": 0} for one in worse]
    assert all(is_worse(question, one, typical, contrary) for one in worse)
    assert not any(is_worse(question, one, typical, contrary) for one in good)


@pytest.mark.parametrize(
    ("answer", "expected"), [("A40", True), ("A42", False), ("A43", False), ("A47", False)]
)
def test_without_a_direction_the_bad_rates_say_it(answer: str, expected: bool) -> None:
    """4 of 10 are worse than 2 of 10; of an answer without rows nothing is known."""
    assert is_worse(PURPOSE, answer, "A43", PURPOSES) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (100, 0.5),
        (900, 0.5),
        (950, 0.3),
        (2500, 0.1),
        (99_000, 0.2),
        (50, 0.5),
        (None, 0.75),
        (-1, None),
    ],
)
def test_a_quantity_has_the_bad_rate_of_its_quarter(answer: Any, expected: float | None) -> None:
    """Between two quarters it belongs to the upper one; a missing answer has a rate of its own."""
    assert bad_rate(INCOME, answer, QUARTERS) == expected


def test_a_missing_answer_is_worse_by_its_bad_rate() -> None:
    """3 of 4 against 1 of 10, and not the other way; -1 has no rows."""
    assert is_worse(INCOME, None, 2500, QUARTERS)
    assert not is_worse(INCOME, 2500, None, QUARTERS)
    assert not is_worse(INCOME, -1, 2500, QUARTERS)


def test_an_older_bundle_without_counts_names_what_differs() -> None:
    """There is nothing else to go by, except for a declared direction."""
    assert is_worse(PURPOSE, "A40", "A43", ())
    assert not is_worse(PURPOSE, "A43", "A43", ())
    assert not is_worse(DURATION, 6, 12, ())
