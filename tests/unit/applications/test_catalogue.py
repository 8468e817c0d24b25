"""The catalogue: which answers it accepts, and its fingerprint."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications import catalogue
from creditapp.applications.catalogue import BY_NAME, EXAMPLE, FEATURES, Numeric, answer_from_text


def test_catalogue_has_19_features_of_three_kinds() -> None:
    """It has six numeric, five ordinal and eight nominal features with distinct slugs."""
    counts = [
        [feature.kind for feature in FEATURES].count(kind)
        for kind in ("numeric", "ordinal", "nominal")
    ]
    assert counts == [6, 5, 8]
    assert len({feature.slug for feature in FEATURES}) == 19


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
