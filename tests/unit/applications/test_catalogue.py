"""The catalogue."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications import catalogue
from creditapp.applications.catalogue import BY_NAME, EXAMPLE, FEATURES, Numeric, answer_from_text


def test_it_declares_the_contracts_19_features_in_three_kinds() -> None:
    """Six numeric, five ordinal, eight nominal, under distinct names and slugs."""
    counts = [
        [one.kind for one in FEATURES].count(kind) for kind in ("numeric", "ordinal", "nominal")
    ]
    assert counts == [6, 5, 8]
    assert len({feature.slug for feature in FEATURES}) == 19


def test_each_example_is_accepted() -> None:
    """The example that people copy is a right one."""
    assert all(BY_NAME[name].accepts(answer) for name, answer in EXAMPLE.items())


@pytest.mark.parametrize("wrong", ["12", 12.5, 12.0, True, None, [], {}, math.nan, 0, 121, "1_000"])
def test_an_integer_question_accepts_integers_within_its_limits_only(wrong: object) -> None:
    """Nothing is coerced."""
    assert not BY_NAME["Duration in month"].accepts(wrong)


@pytest.mark.parametrize("wrong", ["5000", True, 0, -1, 0.0, 1_000_000_000.5, math.inf, math.nan])
def test_the_amount_accepts_positive_numbers_up_to_its_limit_only(wrong: object) -> None:
    """Zero, infinity and text are no amounts."""
    assert not BY_NAME["Credit amount"].accepts(wrong)


@pytest.mark.parametrize("right", [1, 0.01, 5000, 5000.5, 1_000_000_000])
def test_the_amount_accepts_integers_and_fractions(right: object) -> None:
    """JSON does not tell 5000 from 5000.0, so neither does the catalogue."""
    assert BY_NAME["Credit amount"].accepts(right)


def test_the_fingerprint_changes_with_limits_and_not_with_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model depends on what is accepted, not on how it is called on a page."""
    before = catalogue.fingerprint()
    [duration, *others] = catalogue.QUESTIONS
    assert isinstance(duration, Numeric)
    monkeypatch.setattr(catalogue, "QUESTIONS", (replace(duration, label="Term"), *others))
    assert catalogue.fingerprint() == before
    monkeypatch.setattr(catalogue, "QUESTIONS", (replace(duration, maximum=240), *others))
    assert catalogue.fingerprint() != before


def test_every_answer_of_a_question_has_a_meaning_where_it_stands_for_something() -> None:
    """Codes and bands have words; free numbers have none."""
    for feature in FEATURES:
        answers = getattr(feature, "values", range(1, len(getattr(feature, "bands", ())) + 1))
        assert all(feature.meaning(answer) for answer in answers)


@given(st.integers(-(10**20), 10**20))
def test_a_whole_number_survives_its_text(number: int) -> None:
    """What a form or a CSV file carries as digits comes back as the same integer."""
    assert answer_from_text(f" {number} ") == number


@given(st.text())
def test_any_text_becomes_an_answer_or_stays_a_text(text: str) -> None:
    """Reading never fails; whether the answer is right is the catalogue's business."""
    assert isinstance(answer_from_text(text), int | float | str)


@pytest.mark.parametrize(
    "text", ["1_000", "\u0661\u0662", "0x10", "+5", "012", "12.", "nan", "inf", "1,5"]
)
def test_text_that_json_would_not_call_a_number_stays_text(text: str) -> None:
    """Other digits, underscores and special values are refused later, as text."""
    assert answer_from_text(text) == text
