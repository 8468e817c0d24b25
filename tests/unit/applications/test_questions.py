"""The questions: which answers they accept, how they read texts, and what answers mean."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications.questions import Numeric, number_from_text
from tests.portfolios import BY_NAME


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("Duration in month", 24, "24 months"),
        ("Credit amount", 5000.0, "5000"),
        ("Credit amount", 5000.5, "5000.5"),
        ("Age in years", 35, "35 years"),
        ("Purpose", "A43", "furniture / equipment"),
        ("Purpose", "A99", "A99"),
    ],
)
def test_answers_are_shown_in_words(name: str, answer: Any, words: str) -> None:
    """A number with its unit, a code by its meaning, and one that is not known as it is."""
    assert str(BY_NAME[name].in_words(answer)) == words


def test_a_band_is_shown_by_its_meaning() -> None:
    """The first band is 1."""
    rate = BY_NAME["Number of people being liable to provide maintenance for"]
    assert isinstance(rate, Numeric)
    assert [rate.in_words(1), rate.in_words(2)] == ["0 to 2 people", "3 people or more"]
    assert not rate.is_quantity
    duration = BY_NAME["Duration in month"]
    assert isinstance(duration, Numeric)
    assert duration.is_quantity


@pytest.mark.parametrize("wrong", ["12", 12.5, 12.0, True, None, [], {}, math.nan, 0, 121, "1_000"])
def test_integer_question_refuses_other_types_and_numbers_outside_limits(wrong: object) -> None:
    """Values are refused, not converted."""
    assert not BY_NAME["Duration in month"].accepts(wrong)


@pytest.mark.parametrize("wrong", ["5000", True, 0, -1, 0.0, 1_000_000_000.5, math.inf, math.nan])
def test_amount_refuses_other_types_and_numbers_outside_limits(wrong: object) -> None:
    """Zero, infinity and text are not amounts."""
    assert not BY_NAME["Credit amount"].accepts(wrong)


@pytest.mark.parametrize("right", [1, 0.01, 5000, 5000.5, 1_000_000_000])
def test_amount_accepts_integers_and_fractions(right: object) -> None:
    """JSON has one number type, so 5000 and 5000.0 are both accepted."""
    assert BY_NAME["Credit amount"].accepts(right)


@given(st.integers(-(10**20), 10**20))
def test_integer_is_read_from_its_text(number: int) -> None:
    """The digits of a form field or CSV cell become the same integer."""
    assert BY_NAME["Credit amount"].from_text(f" {number} ") == number


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    """Reading does not fail; the catalogue decides whether the answer is accepted."""
    assert all(isinstance(one.from_text(text), int | float | str) for one in BY_NAME.values())


@pytest.mark.parametrize(
    "text", ["1_000", "\u0661\u0662", "0x10", "+5", "012", "12.", "nan", "inf", "1,5"]
)
def test_text_that_is_not_a_json_number_stays_text(text: str) -> None:
    """Non-ASCII digits, underscores and special values stay text, which is refused later."""
    assert number_from_text(text) == text
