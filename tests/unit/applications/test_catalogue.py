"""The catalogue of German credit: its questions, what each accepts, and its fingerprint."""

from dataclasses import replace

import pytest

from creditapp.applications.questions import Choice, Numeric
from tests.portfolios import BY_NAME, EXAMPLE, FEATURES, GERMAN, PROTECTED, QUESTIONS

FINGERPRINT = "e5d412e357afc566b6b412785038cce5e0fd1c82774e6515cac88f9fecf449d8"


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
    assert set(PROTECTED) == {
        "Age in years",
        "Personal status and sex",
        "Telephone",
        "foreign worker",
    }
    assert {one.name: one.changeable for one in FEATURES if one.changeable} == {
        "Duration in month": "smaller",
        "Credit amount": "smaller",
        "Other debtors / guarantors": ("A103",),
        "Other installment plans": ("A143",),
    }


def test_the_instalment_follows_the_amount_over_the_months() -> None:
    """Where one of them changes, the instalment is another one."""
    assert {one.name: one.follows for one in FEATURES if one.follows} == {
        "Installment rate in percentage of disposable income": (
            "Duration in month",
            "Credit amount",
        )
    }


def test_others_is_a_vague_purpose() -> None:
    """It tells an applicant nothing; every other code says something."""
    vague = [(one.name, code.code) for one in FEATURES for code in one.codes if code.vague]
    assert vague == [("Purpose", "A40")]
    assert BY_NAME["Purpose"].is_vague("A40")
    assert not BY_NAME["Purpose"].is_vague("A43")


def test_each_example_is_accepted() -> None:
    """The example of the documentation is a valid application."""
    assert all(BY_NAME[name].accepts(answer) for name, answer in EXAMPLE.items())


def test_the_fingerprint_is_the_one_of_the_models_that_are_served() -> None:
    """It was the same before the catalogue was read from a document."""
    assert GERMAN.fingerprint == FINGERPRINT


def test_fingerprint_depends_on_limits_but_not_on_labels() -> None:
    """A model depends on the accepted answers, not on the texts of the page."""
    [duration, *others] = QUESTIONS
    assert isinstance(duration, Numeric)
    renamed = replace(GERMAN, questions=(replace(duration, label="Term"), *others))
    assert renamed.fingerprint == FINGERPRINT
    longer = replace(GERMAN, questions=(replace(duration, maximum=240), *others))
    assert longer.fingerprint != FINGERPRINT


def test_each_code_and_band_has_a_meaning() -> None:
    """Quantities need no meaning."""
    for question in QUESTIONS:
        assert all(question.meaning(code.code) for code in question.codes)
        assert bool(question.codes) != question.is_quantity
