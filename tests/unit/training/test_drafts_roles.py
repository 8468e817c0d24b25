"""Drafts: identifiers, dates, protected fields, leaks, and what is left out."""

from pathlib import Path
from typing import Any

import pytest

from creditapp.exceptions import BadTable
from tests.drafted import BAD, ROWS, drafted, field_of, fields_of, repeated, reviews_of


def role(field: dict[str, Any]) -> str:
    """The role of a field."""
    return str(field.get("creditapp", {}).get("role", "feature"))


def test_one_identifier_is_the_reference(tmp_path: Path) -> None:
    """The others are ignored."""
    ids = [f"L{row:05}" for row in range(ROWS)]
    columns = {"customer_no": range(9000, 9000 + ROWS), "loan_id": ids, "key": ids}
    fields = fields_of(drafted(tmp_path, columns))
    assert {name: role(fields[name]) for name in columns} == {
        "customer_no": "ignored",
        "loan_id": "reference",
        "key": "ignored",
    }


def test_distinct_numbers_are_no_identifier(tmp_path: Path) -> None:
    """An income may be different in every row."""
    incomes = [1000 + row * 7919 % 40_000 for row in range(ROWS)]
    assert role(field_of(tmp_path, incomes, "income")) == "feature"


@pytest.mark.parametrize("name", ["telephone", "x"])
def test_long_numbers_are_identifiers(tmp_path: Path, name: str) -> None:
    """Such as telephone and account numbers."""
    numbers = [4_900_000_000_000 + row * 48_611 % 999_983 for row in range(ROWS)]
    assert role(field_of(tmp_path, numbers, name)) == "reference"


def test_a_column_named_reference_must_tell_rows_apart(tmp_path: Path) -> None:
    """The name is kept for the application's identifier."""
    with pytest.raises(BadTable, match='"reference" does not tell the rows apart'):
        field_of(tmp_path, repeated("a", "b"), "reference")


def test_a_column_named_reference_is_the_reference(tmp_path: Path) -> None:
    """Even beside an id."""
    columns = {"id": range(ROWS), "reference": [f"R{row}" for row in range(ROWS)]}
    fields = fields_of(drafted(tmp_path, columns))
    assert [role(fields[name]) for name in columns] == ["ignored", "reference"]


LEFT_OUT = [
    (["same"] * ROWS, ""),
    ([""] * ROWS, ""),
    (["NA"] * ROWS, ""),
    (repeated("NA", "?", ""), ""),
    (repeated(*(f"town {n}" for n in range(60))), "60 different texts"),
]


@pytest.mark.parametrize(("cells", "mark"), LEFT_OUT)
def test_what_says_nothing_is_left_out(tmp_path: Path, cells: list[str], mark: str) -> None:
    """Constants need no person; too many texts do."""
    field = field_of(tmp_path, cells)
    assert role(field) == "ignored"
    assert mark in reviews_of(field)
    assert bool(reviews_of(field)) == bool(mark)


def test_a_postal_code_is_left_out(tmp_path: Path) -> None:
    """It is no quantity."""
    field = field_of(tmp_path, repeated(*range(10000, 10100, 3)), "zip_code")
    assert role(field) == "ignored"
    assert "postal code" in reviews_of(field)


def test_dates_count_from_the_day_of_the_application(tmp_path: Path) -> None:
    """The other dates are features; that of birth is protected."""
    columns = {
        "birth_date": repeated("1970-01-01", "1980-05-05"),
        "first_credit": repeated("2001-01-01", "2005-05-05"),
        "application_date": repeated("2019-01-01", "2019-05-05"),
    }
    document = drafted(tmp_path, columns)
    fields = fields_of(document)
    assert [role(fields[name]) for name in columns] == ["feature", "feature", "date"]
    assert fields["birth_date"]["creditapp"]["protected"] is True
    assert "as_of" not in document["creditapp"]
    assert document["creditapp"]["example"]["first_credit"] == "2001-01-01"


def test_without_an_application_date_the_newest_date_counts(tmp_path: Path) -> None:
    """It is written as `as_of`."""
    columns = {
        "birth_date": repeated("1970-01-01", "1980-05-05"),
        "first_credit": repeated("2001-01-01", "2005-05-05"),
        "second_credit": repeated("2011-01-01", "2015-05-05"),
    }
    document = drafted(tmp_path, columns)
    assert document["creditapp"]["as_of"] == "2015-05-05"


def test_the_only_date_is_asked(tmp_path: Path) -> None:
    """It may be the application's, but its name does not say so."""
    field = field_of(tmp_path, repeated("2001-01-01", "2005-05-05"), "seen")
    assert role(field) == "date"
    assert "is this the day of the application?" in reviews_of(field)


def test_a_date_after_the_application_is_left_out(tmp_path: Path) -> None:
    """It was not known when deciding."""
    columns = {"applied": repeated("2019-01-01"), "review_on": repeated("2020-01-01", "2020-02-02")}
    field = fields_of(drafted(tmp_path, columns))["review_on"]
    assert role(field) == "ignored"
    assert "later than applied in 100%" in reviews_of(field)


def test_a_date_in_the_month_of_the_application_stays(tmp_path: Path) -> None:
    """Where the application has a month only, any day of the month may be before it."""
    columns = {"issue_d": repeated("Jan-2019"), "checked": repeated("2019-01-31", "2018-02-02")}
    assert role(fields_of(drafted(tmp_path, columns))["checked"]) == "feature"


PROTECTED = {
    "born": True,
    "geboren am": True,
    "age": True,
    "Age in years": True,
    "customerAge": True,
    "average": False,
    "SEX": True,
    "Geschlecht": True,
    "marital_status": True,
    "situation familiale": True,
    "own_car_age": False,
    "family_status": True,
    "nationality": True,
    "foreign worker": True,
    "Telephone": True,
    "wage": False,
}


@pytest.mark.parametrize("name", PROTECTED)
def test_a_name_may_say_that_a_field_is_protected(tmp_path: Path, name: str) -> None:
    """The words of the name decide, not its letters."""
    field = field_of(tmp_path, repeated(*range(20, 60)), name)
    assert field.get("creditapp", {}).get("protected", False) is PROTECTED[name]


@pytest.mark.parametrize("cells", [["Male", "Female"], ["married", "single", "other"]])
def test_categories_may_say_that_a_field_is_protected(tmp_path: Path, cells: list[str]) -> None:
    """Whatever the field is called."""
    assert field_of(tmp_path, repeated(*cells))["creditapp"]["protected"] is True


LEAKS: list[list[object]] = [
    [int(bad) * 100 + row % 37 for row, bad in enumerate(BAD)],
    [-int(bad) * 100 + row % 37 for row, bad in enumerate(BAD)],
    [row % 2 * 400 if bad == "1" else 100 + row % 37 for row, bad in enumerate(BAD)],
    ["x" if bad == "1" else "yz"[row % 2] for row, bad in enumerate(BAD)],
    ["" if bad == "1" else row % 37 for row, bad in enumerate(BAD)],
]


@pytest.mark.parametrize("cells", LEAKS)
def test_what_tells_the_outcome_alone_is_left_out(tmp_path: Path, cells: list[object]) -> None:
    """Larger, smaller, at both ends, a category, or missing: each gives the outcome away."""
    field = field_of(tmp_path, cells)
    assert role(field) == "ignored"
    assert "AUC of 1.000" in reviews_of(field)


LATER = {
    "recoveries": True,
    "last_pymnt_amnt": True,
    "collection_recovery_fee": True,
    "charged_off_amount": True,
    "months_since_last_delinq": False,
    "prior_default": False,
    "collective": False,
    "disclosed_income": False,
    "poutcome": False,
}


@pytest.mark.parametrize("name", LATER)
def test_a_name_may_say_that_a_value_comes_later(tmp_path: Path, name: str) -> None:
    """Even if it does not tell the outcome alone."""
    field = field_of(tmp_path, repeated(*range(20, 57)), name)
    assert (role(field) == "ignored") is LATER[name]


def test_amount_and_term_are_found_by_name(tmp_path: Path) -> None:
    """A letter cites them."""
    columns = {"credit_amount": repeated(*range(500, 540)), "duration": repeated(12, 24, 36)}
    ours = drafted(tmp_path, columns)["creditapp"]
    assert (ours["amount"], ours["term"]) == ("credit_amount", "duration")


def test_the_example_has_middle_values(tmp_path: Path) -> None:
    """Medians and the most frequent answers; only what is asked of an applicant."""
    columns = {
        "id": range(ROWS),
        "income": [*range(100, 199), *[-1] * 101],
        "housing": ["own"] * 150 + ["rent"] * 50,
        "works": ["N"] * 150 + ["Y"] * 50,
    }
    example = drafted(tmp_path, columns)["creditapp"]["example"]
    assert example == {"amount": 127, "income": 149, "housing": "own", "works": False}
