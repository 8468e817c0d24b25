"""The catalogue: which answers it accepts, and its fingerprint."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications import catalogue
from creditapp.applications.questions import Choice, Numeric, answer_from_text
from tests.portfolios import BY_NAME, EXAMPLE, FEATURES


def test_catalogue_has_19_features_of_three_kinds() -> None:
    """It has six numeric, five ordinal and eight nominal features with distinct slugs."""
    counts = [
        [feature.kind for feature in FEATURES].count(kind)
        for kind in ("numeric", "ordinal", "nominal")
    ]
    assert counts == [6, 5, 8]
    assert len({feature.slug for feature in FEATURES}) == 19


LIMITS = {
    "Duration in month": (1, 120),
    "Credit amount": (0.01, 1_000_000_000),
    "Installment rate in percentage of disposable income": (1, 4),
    "Age in years": (18, 100),
    "Number of existing credits at this bank": (1, 4),
    "Number of people being liable to provide maintenance for": (1, 2),
    "Present residence since": (1, 4),
}
CODES = {
    "Status of existing checking account": "A11 A12 A13 A14",
    "Credit history": "A30 A31 A32 A33 A34",
    "Savings account/bonds": "A61 A62 A63 A64 A65",
    "Present employment since": "A71 A72 A73 A74 A75",
    "Job": "A171 A172 A173 A174",
    "Purpose": "A40 A41 A42 A43 A44 A45 A46 A47 A48 A49 A410",
    "Personal status and sex": "A91 A92 A93 A94",
    "Other debtors / guarantors": "A101 A102 A103",
    "Property": "A121 A122 A123 A124",
    "Other installment plans": "A141 A142 A143",
    "Housing": "A151 A152 A153",
    "Telephone": "A191 A192",
    "foreign worker": "A201 A202",
}


def test_every_question_is_among_those_written_down_here() -> None:
    """A new one needs its limits or codes above."""
    assert LIMITS.keys() | CODES.keys() == BY_NAME.keys()


@pytest.mark.parametrize(("name", "limits"), LIMITS.items())
def test_a_number_is_accepted_from_its_least_to_its_largest(
    name: str, limits: tuple[float, float]
) -> None:
    """And neither below nor above."""
    low, high = limits
    below = low - 1 if name != "Credit amount" else 0
    given = (below, low, high, high + 1)
    assert [BY_NAME[name].accepts(answer) for answer in given] == [False, True, True, False]


@pytest.mark.parametrize(("name", "codes"), CODES.items())
def test_a_choice_accepts_its_codes_in_this_order(name: str, codes: str) -> None:
    """For an ordinal question the order is what the model sees."""
    question = BY_NAME[name]
    assert isinstance(question, Choice)
    assert list(question.values) == codes.split()
    assert all(question.accepts(code) for code in codes.split())
    assert not any(question.accepts(wrong) for wrong in ("A0", "", None, 1))


def test_four_answers_are_protected_and_four_can_change() -> None:
    """A lender may have to leave the former out; an applicant could give the latter otherwise."""
    assert set(catalogue.PROTECTED) == {
        "Age in years",
        "Personal status and sex",
        "Telephone",
        "foreign worker",
    }
    assert {one.name: one.changeable for one in FEATURES if one.changeable} == {
        "Duration in month": True,
        "Credit amount": True,
        "Other debtors / guarantors": ("A103",),
        "Other installment plans": ("A143",),
    }


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


def test_each_example_is_accepted() -> None:
    """The example of the documentation is a valid application."""
    assert all(BY_NAME[name].accepts(answer) for name, answer in EXAMPLE.items())


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


def test_fingerprint_depends_on_limits_but_not_on_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model depends on the accepted answers, not on the texts of the page."""
    before = catalogue.fingerprint()
    [duration, *others] = catalogue.QUESTIONS
    assert isinstance(duration, Numeric)
    monkeypatch.setattr(catalogue, "QUESTIONS", (replace(duration, label="Term"), *others))
    assert catalogue.fingerprint() == before
    monkeypatch.setattr(catalogue, "QUESTIONS", (replace(duration, maximum=240), *others))
    assert catalogue.fingerprint() != before


def test_each_code_and_band_has_a_meaning() -> None:
    """Quantities need no meaning."""
    for feature in FEATURES:
        answers = getattr(feature, "values", range(1, len(getattr(feature, "bands", ())) + 1))
        assert all(feature.meaning(answer) for answer in answers)


@given(st.integers(-(10**20), 10**20))
def test_integer_is_read_from_its_text(number: int) -> None:
    """The digits of a form field or CSV cell become the same integer."""
    assert answer_from_text(f" {number} ") == number


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    """Reading does not fail; the catalogue decides whether the answer is accepted."""
    assert isinstance(answer_from_text(text), int | float | str)


@pytest.mark.parametrize(
    "text", ["1_000", "\u0661\u0662", "0x10", "+5", "012", "12.", "nan", "inf", "1,5"]
)
def test_text_that_is_not_a_json_number_stays_text(text: str) -> None:
    """Non-ASCII digits, underscores and special values stay text, which is refused later."""
    assert answer_from_text(text) == text
