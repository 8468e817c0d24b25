"""Drafts: types, limits, missing codes and categories of columns."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.drafted import drafted, field_of, fields_of, repeated, reviews_of
from training.drafts.limits import limits_of

DATES = {
    "%Y-%m-%d": ["2019-01-31", "2018-12-01", "2017-05-06"],
    "%Y/%m/%d": ["2019/01/31", "2018/12/01", "2017/05/06"],
    "%d/%m/%Y": ["31/01/2019", "01/12/2018", "06/05/2017"],
    "%m/%d/%Y": ["01/31/2019", "12/01/2018", "05/06/2017"],
    "%d.%m.%Y": ["31.01.2019", "01.12.2018", "06.05.2017"],
    "%b-%Y": ["Dec-2011", "Jan-2012", "May-2013"],
    "%Y%m%d": ["20190131", "20181201", "20170506"],
    "%Y-%m-%d %H:%M:%S": ["2019-01-31 10:00:00", "2018-12-01 23:59:59", "2017-05-06 00:00:00"],
    "%Y-%m-%dT%H:%M:%S%z": ["2019-01-31T10:00:00Z", "2018-12-01T23:59:59+02:00"],
}


@pytest.mark.parametrize("format_", DATES)
def test_a_date_has_its_format(tmp_path: Path, format_: str) -> None:
    """ISO needs no format; every other notation is declared as a strptime pattern."""
    field = field_of(tmp_path, repeated(*DATES[format_]), "issue_date")
    assert field["type"] == "date"
    assert field.get("format", "%Y-%m-%d") == format_
    assert field["creditapp"] == {"role": "date"}


def test_an_ambiguous_order_of_day_and_month_is_asked(tmp_path: Path) -> None:
    """Without a day after the 12th, both orders fit."""
    field = field_of(tmp_path, repeated("01/02/2019", "12/11/2018"), "issue_date")
    assert "day and month cannot be told apart" in reviews_of(field)


def test_a_day_that_lies_apart_is_asked(tmp_path: Path) -> None:
    """1900-01-01 and 9999-12-31 stand for no date."""
    cells = repeated("1900-01-01", *(f"2015-01-{day}" for day in range(10, 30)), "9999-12-31")
    field = field_of(tmp_path, cells, "first_credit")
    values = [code["value"] for code in field["missingValues"]]
    assert sorted(values) == ["1900-01-01", "9999-12-31"]
    assert "1900-01-01 (" in reviews_of(field)


def test_dates_without_zeros_have_a_format(tmp_path: Path) -> None:
    """They look like ISO dates, but are none."""
    field = field_of(tmp_path, repeated("2019-1-5", "2019-11-15"), "issue_date")
    assert (field["type"], field["format"]) == ("date", "%Y-%m-%d")


NUMBERS: list[tuple[list[str], dict[str, Any]]] = [
    (["1.5", "2", "-3e2"], {"type": "number"}),
    (["1.234,56", "2.000,10", "3,5"], {"type": "number", "decimalChar": ",", "groupChar": "."}),
    (["1,5", "2,25", "3"], {"type": "number", "decimalChar": ","}),
    (["1,234.50", "2,000.10"], {"type": "number", "groupChar": ","}),
    (["12.5%", "7.25%"], {"type": "number", "bareNumber": False}),
    (["$1,000.50", "$2,500.00"], {"type": "number", "groupChar": ",", "bareNumber": False}),
]


@pytest.mark.parametrize(("cells", "properties"), NUMBERS)
def test_a_number_has_its_notation(
    tmp_path: Path, cells: list[str], properties: dict[str, Any]
) -> None:
    """Decimal commas, groups and signs are declared as Table Schema has them."""
    field = field_of(tmp_path, repeated(*cells))
    notation = ("type", "decimalChar", "groupChar", "bareNumber")
    assert {key: field[key] for key in notation if key in field} == properties


def test_groups_of_thousands_are_asked(tmp_path: Path) -> None:
    """With three digits behind every comma, it may as well be a decimal comma."""
    field = field_of(tmp_path, repeated("1,234", "2,000", "15,500"))
    assert (field["type"], field["groupChar"]) == ("integer", ",")
    assert '"1,234" is read as one thousand' in reviews_of(field)


def test_a_point_groups_where_other_columns_have_decimal_commas(tmp_path: Path) -> None:
    """1.234 is a thousand in a file in which 0,5 is a half."""
    columns = {"rent": repeated("1.234", "950", "2.100"), "share": repeated("0,5", "0,25")}
    field = fields_of(drafted(tmp_path, columns))["rent"]
    assert (field["type"], field["groupChar"]) == ("integer", ".")


LIMITS = [
    (repeated(*range(250, 450, 3)), (230, 650)),
    (repeated(19, 75, *range(20, 40)), (10, 135)),
    (repeated(*range(12)), (0, 22)),
    (repeated(*range(-500, 500, 70)), (-600, 1500)),
    (repeated(0.001, 0.5, 0.999), (0, 2)),
]


@pytest.mark.parametrize(("cells", "limits"), LIMITS)
def test_limits_are_rounded_outward(
    tmp_path: Path, cells: Any, limits: tuple[float, float]
) -> None:
    """A tenth of the range is headroom, and what is never negative stays so."""
    constraints = field_of(tmp_path, list(cells))["constraints"]
    assert (constraints["minimum"], constraints["maximum"]) == limits


def test_few_integers_are_codes(tmp_path: Path) -> None:
    """They get no limits, and their order is for a person to say."""
    field = field_of(tmp_path, repeated(3, 1, 2))
    assert field["categories"] == [1, 2, 3]
    assert field["constraints"] == {"required": True}
    assert "taken for codes" in reviews_of(field)


def test_few_integers_that_count_are_numbers(tmp_path: Path) -> None:
    """The name says that they count something."""
    field = field_of(tmp_path, repeated(1, 2), "number of credits")
    assert field["constraints"] == {"required": True, "minimum": 0, "maximum": 3}


def test_a_series_is_treated_alike(tmp_path: Path) -> None:
    """A column of a series is no category only because it happens to have fewer values."""
    fields = fields_of(drafted(tmp_path, {"pay_1": repeated(*range(12)), "pay_2": repeated(0, 1)}))
    assert "categories" not in fields["pay_2"]
    assert fields["pay_2"]["constraints"] == {"required": True, "minimum": 0, "maximum": 2}


MISSING: list[tuple[list[str], list[str]]] = [
    (["NA", *map(str, range(20, 40))], ["NA"]),
    (["?", "n/a", *map(str, range(20, 40))], ["?", "n/a"]),
    (["unknown", *map(str, range(20, 40))], ["unknown"]),
    (["", "NULL", "2019-01-31", "2018-02-01"], ["", "NULL"]),
    (["?", "own", "rent"], ["?"]),
    (["unknown", "own", "rent"], []),
    (["none", "guarantor"], []),
]


@pytest.mark.parametrize(("cells", "codes"), MISSING)
def test_texts_for_a_missing_answer_are_codes(
    tmp_path: Path, cells: list[str], codes: list[str]
) -> None:
    """Each has a label; `unknown` is an answer of its own among other texts."""
    missing = field_of(tmp_path, repeated(*cells), "x_").get("missingValues", [])
    assert [code["value"] for code in missing] == codes
    assert all(code["label"] for code in missing)


def test_an_empty_cell_makes_a_field_optional(tmp_path: Path) -> None:
    """Where all cells are filled, the answer is required."""
    fields = fields_of(drafted(tmp_path, {"a": repeated("", "x", "y"), "b": repeated("x", "y")}))
    assert fields["a"].get("constraints", {}) == {}
    assert fields["b"]["constraints"] == {"required": True}


SENTINELS = [
    ([-1, *range(40)], ["-1"]),
    ([-9, -8, *range(40)], ["-9", "-8"]),
    ([999, *range(18, 80)], ["999"]),
    ([99, *range(18, 76)], ["99"]),
    ([365243, *range(-1500, -1000, 9)], ["365243"]),
    ([-999, *(value / 7 for value in range(40))], ["-999"]),
    ([98, *(value % 15 for value in range(60))], ["98"]),
    ([*range(-20, 40)], []),
    ([*range(60, 101)], []),
    ([0, *range(1000, 1040)], []),
]


@pytest.mark.parametrize(("cells", "codes"), SENTINELS)
def test_numbers_that_lie_apart_are_asked(
    tmp_path: Path, cells: list[float], codes: list[str]
) -> None:
    """They are missing codes for now."""
    field = field_of(tmp_path, repeated(*cells))
    assert [code["value"] for code in field.get("missingValues", [])] == codes
    assert ("apart from the rest" in reviews_of(field)) == bool(codes)


ORDERED = [
    (["1-4 years", "10+ years", "<1 year", "5-9 years"], True),
    (["36-50", "18-25", "51+", "26-35"], True),
    (["60 months", "36 months"], True),
    (["< 1 year", "1 year", "2 years", "10+ years"], True),
    (["1.000 - 5.000", "< 1.000", ">= 5.000"], True),
    (["$10k+", "$1k-$10k", "<$1k"], True),
    (["high", "low", "medium"], False),
    (["C", "A", "B"], False),
    (["B1", "A2", "A1", "C1"], False),
    (["tertiary", "primary", "secondary"], False),
    (["BBB", "AAA", "A", "AA"], False),
]
IN_ORDER = [
    ["<1 year", "1-4 years", "5-9 years", "10+ years"],
    ["18-25", "26-35", "36-50", "51+"],
    ["36 months", "60 months"],
    ["< 1 year", "1 year", "2 years", "10+ years"],
    ["< 1.000", "1.000 - 5.000", ">= 5.000"],
    ["<$1k", "$1k-$10k", "$10k+"],
    ["low", "medium", "high"],
    ["A", "B", "C"],
    ["A1", "A2", "B1", "C1"],
    ["primary", "secondary", "tertiary"],
    ["AAA", "AA", "A", "BBB"],
]


@pytest.mark.parametrize(
    ("cells", "certain", "ordered"),
    [(*case, order) for case, order in zip(ORDERED, IN_ORDER, strict=True)],
)
def test_bands_are_in_order(
    tmp_path: Path, cells: list[str], certain: bool, ordered: list[str]
) -> None:
    """The order of numbers is certain; that of words and grades is asked."""
    field = field_of(tmp_path, repeated(*cells))
    assert field["categories"] == ordered
    assert field["categoriesOrdered"] is True
    assert ("the order is a guess" in reviews_of(field)) is not certain


@pytest.mark.parametrize(
    "cells", [["A11", "A12", "A13"], ["own", "rent"], ["M", "F"], ["A40", "A41", "A410"]]
)
def test_codes_and_names_have_no_order(tmp_path: Path, cells: list[str]) -> None:
    """Codes with one letter are names, though they have numbers."""
    field = field_of(tmp_path, repeated(*cells))
    assert sorted(field["categories"]) == sorted(cells)
    assert "categoriesOrdered" not in field


def test_a_text_outside_of_the_order_is_asked(tmp_path: Path) -> None:
    """It cannot have a place, so it becomes a missing code."""
    field = field_of(tmp_path, repeated("<0", "no checking", ">=200", "0<=X<200"))
    assert field["categories"] == ["<0", "0<=X<200", ">=200"]
    assert field["missingValues"] == [{"value": "no checking", "label": "no checking"}]
    assert '"no checking" has no place in the order' in reviews_of(field)


BOOLEANS = [
    (["true", "false"], None, None),
    (["Y", "N"], ["Y"], ["N"]),
    (["Yes", "no", "yes", "No"], ["Yes", "yes"], ["No", "no"]),
    (["ja", "nein"], ["ja"], ["nein"]),
]


@pytest.mark.parametrize(("cells", "true", "false"), BOOLEANS)
def test_yes_and_no_are_boolean(
    tmp_path: Path, cells: list[str], true: list[str] | None, false: list[str] | None
) -> None:
    """The texts are declared where Table Schema does not know them."""
    field = field_of(tmp_path, repeated(*cells, cells[0]))
    assert field["type"] == "boolean"
    assert (field.get("trueValues"), field.get("falseValues")) == (true, false)


def test_texts_that_differ_only_in_case_are_asked(tmp_path: Path) -> None:
    """They are probably the same answer."""
    field = field_of(tmp_path, repeated("Rent", "rent", "own"))
    assert "differ only in case" in reviews_of(field)


def test_a_text_among_numbers_is_asked(tmp_path: Path) -> None:
    """It is a missing code until a person says otherwise."""
    field = field_of(tmp_path, repeated("no file", *range(300, 340)))
    assert field["missingValues"] == [{"value": "no file", "label": "no file"}]
    assert '"no file"' in reviews_of(field)


def test_a_zero_before_makes_a_text(tmp_path: Path) -> None:
    """As numbers, 01 and 1 would be the same."""
    assert field_of(tmp_path, repeated("01", "02", "10"))["categories"] == ["01", "02", "10"]


@pytest.mark.parametrize("number", [5e-324, 1e-320, 1e-13, 1e300])
def test_limits_of_extreme_numbers_hold_them(number: float) -> None:
    """The smallest and the largest that a computer knows."""
    low, high = limits_of(number, number)
    assert low <= number <= high
    assert math.isfinite(high)
