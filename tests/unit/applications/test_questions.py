"""The questions: which answers they accept, how they read texts, and what answers mean."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications.questions import Answer, Numeric, Question, number_from_text
from creditapp.applications.table import wrong_answers
from tests import mixed
from tests.mixed import MIXED
from tests.portfolios import BY_NAME


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("Duration in month", 24, "24 months"),
        ("Credit amount", 5000.0, "5,000 DM"),
        ("Credit amount", 5000.5, "5,000.5 DM"),
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


@pytest.mark.parametrize(("name", "answers"), mixed.ANSWERS.items())
def test_each_kind_of_answer_comes_back_out_of_its_text(name: str, answers: list[Any]) -> None:
    """As the hold-out and a form keep it, with its type; blanks around it are no part of it."""
    question = MIXED.by_name[name]
    for answer in answers:
        for text in (question.as_cell(answer), f" {question.as_cell(answer)} "):
            again = question.from_cell(text) if text.strip() else None
            assert (again, type(again)) == (answer, type(answer))
            assert question.accepts(again)


COMMAS = mixed.catalogue_with(
    "income", decimalChar=",", groupChar=".", missingValues=["", "n.a.", "-1"]
).by_name["income"]


@given(st.floats(0.01, 1e6) | st.integers(1, 10**6) | st.sampled_from(["n.a.", -1, -1.0]))
def test_a_number_with_another_decimal_mark_comes_back_out_of_its_text(answer: Answer) -> None:
    """A code with a point in it stays as it is."""
    text = COMMAS.as_cell(answer)
    assert answer == "n.a." or "." not in text
    assert (COMMAS.from_cell(text), type(COMMAS.from_cell(text))) == (answer, type(answer))
    assert COMMAS.accepts(answer)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.234,5", 1234.5), ("0,5", 0.5), ("12.000", 12000), ("1,5e2", 150.0), ("1,2,3", "1,2,3")],
)
def test_marks_of_thousands_and_decimals_are_those_of_the_portfolio(
    text: str, number: Answer
) -> None:
    """What is no number stays text, which is refused later."""
    assert COMMAS.from_cell(text) == number


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("married", "true", True),
        ("married", "0", False),
        ("married", "yes", "yes"),
        ("owner", "yes", True),
        ("owner", "y", True),
        ("owner", "n", False),
        ("owner", "true", "true"),
        ("region", "20", 20),
        ("region", "20.0", 20.0),
        ("grade", "-9", -9),
        ("hired", "31.12.2024", "2024-12-31"),
        ("hired", "2024-12-31", "2024-12-31"),
        ("hired", "31.02.2024", "31.02.2024"),
        ("hired", "never", "never"),
        ("born", "31.12.2024", "31.12.2024"),
        ("work", "?", "?"),
        ("savings", "1e3", 1000.0),
        ("income", "-1", -1),
    ],
)
def test_texts_are_read_by_the_kind_of_their_question(name: str, text: str, answer: Answer) -> None:
    """What does not read as a value stays text, or a number of another type."""
    found = MIXED.by_name[name].from_cell(text)
    assert (found, type(found)) == (answer, type(answer))


ACCEPTED = {
    "income": [None, -1, -1.0, 0.01, 5, 1000000],
    "savings": [None, 0, 100000],
    "age": [18, 99],
    "school": [None, "?", "none", "higher"],
    "grade": [-9, 1, 3],
    "work": [None, "?", "A"],
    "region": [10],
    "married": [None, True, False],
    "owner": [True, False],
    "born": ["1900-01-01", "2024-02-29"],
    "hired": [None, "never", "2020-01-01"],
    "applied": ["2025-01-01"],
    "note": ["x" * 200, None],
}
REFUSED = {
    "income": ["-1", 0, -2, True, math.nan, "", "no file"],
    "savings": [0.0, -1, 100001, True, "", "null"],
    "age": [None, 17, 100, 18.0],
    "school": ["", "HIGHER", 1, True],
    "grade": [None, 0, 4, -9.0, 1.0, "1", True],
    "work": ["", "C"],
    "region": [None, 20.0, "20", 0],
    "married": [0, 1, "true", "yes"],
    "owner": [None, "y", 1],
    "born": [None, "1899-12-31", "2023-02-29", "2024-2-29", "29.02.2024", 20240229, True],
    "hired": ["", "Never", "31.12.2024"],
    "applied": ["", 1],
    "note": ["", "x" * 201, "two\nlines", 5],
}


@pytest.mark.parametrize("name", MIXED.by_name)
def test_each_kind_of_question_accepts_its_values_and_its_missing_answers(name: str) -> None:
    """And nothing else: neither a like value of another type nor the missing answer of another question."""
    question = MIXED.by_name[name]
    assert [one for one in ACCEPTED[name] if not question.accepts(one)] == []
    assert [one for one in REFUSED[name] if question.accepts(one)] == []


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("income", "a number over 0 and up to 1000000; also null, -1"),
        ("savings", "an integer from 0 to 100000; also null"),
        ("grade", "one of 1, 2, 3; also -9"),
        ("work", "one of A, B; also null, ?"),
        ("owner", "one of false, true"),
        ("born", "a date as YYYY-MM-DD from 1900-01-01 to 9999-12-31"),
        ("hired", "a date as YYYY-MM-DD from 0001-01-01 to 9999-12-31; also null, never"),
        ("note", "a text of 1 to 200 printable characters; also null"),
    ],
)
def test_what_is_accepted_is_said_in_words(name: str, accepted: str) -> None:
    """As the end of a sentence."""
    assert str(MIXED.by_name[name].accepted) == accepted


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("income", None, "not given"),
        ("income", -1, "no file"),
        ("income", -1.0, "no file"),
        ("income", 900.0, "900 EUR"),
        ("school", "?", "not asked"),
        ("school", "lower", "lower"),
        ("grade", -9, "-9"),
        ("work", "A", "office"),
        ("married", True, "yes"),
        ("married", False, "no"),
        ("married", None, "not given"),
        ("hired", "never", "never hired"),
        ("hired", "2020-01-01", "2020-01-01"),
    ],
)
def test_missing_answers_dates_and_yes_or_no_are_shown_in_words(
    name: str, answer: Answer, words: str
) -> None:
    """By the meanings of the portfolio, or those that every portfolio has."""
    assert str(MIXED.by_name[name].in_words(answer)) == words


def limited(**limits: Any) -> Question:
    """A question for a number with other limits."""
    return mixed.catalogue_with("income", constraints=limits).by_name["income"]


@pytest.mark.parametrize(
    ("limits", "accepted", "refused"),
    [
        ({"minimum": 1, "maximum": 5000}, [1, 5000, 1.0], [0.99, 5000.01]),
        ({"exclusiveMinimum": 1, "maximum": 5000}, [1.01, 5000], [1, 1.0, 5001]),
        ({"minimum": 1, "exclusiveMaximum": 5000}, [1, 4999.99], [0, 5000, 5000.0]),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 5000}, [1.01, 4999.99], [1, 5000]),
    ],
)
def test_a_limit_is_included_or_excluded(
    limits: dict[str, int], accepted: list[float], refused: list[float]
) -> None:
    """One by one, and as a whole column."""
    question = limited(**limits)
    assert wrong_answers(question, accepted) == []
    assert wrong_answers(question, [*accepted, *refused]) == [
        len(accepted) + place for place in range(len(refused))
    ]
    assert all(map(question.accepts, accepted))
    assert not any(map(question.accepts, refused))
