"""Approvals by the groups of protected answers: by code, by the portfolio's bands, and by quarters."""

import math
from typing import Any

import numpy as np
import pytest

from creditapp.applications.catalogue import Catalogue
from creditapp.intervals import Proportion
from creditapp.simulation.groups import GroupTable, approvals_by_group, find_members
from tests import mixed
from tests.mixed import MIXED

Counted = list[tuple[str, int, int]]


def tables(answers: list[dict[str, Any]], approved: str, catalogue: Catalogue = MIXED) -> Any:
    """The tables by their questions; of `approved`, a + is an approval."""
    given = [{**mixed.EXAMPLE, **one} for one in answers]
    signs = np.array([sign == "+" for sign in approved], bool)
    found = approvals_by_group(find_members(catalogue, given), signs)
    return {table.question.name: table for table in found}


def counted(table: GroupTable) -> Counted:
    """Each group with the number of approvals among its applications."""
    return [(str(one.label), one.approved.count, one.approved.total) for one in table.groups]


def test_each_protected_answer_has_a_table_in_the_catalogues_order() -> None:
    """Here the age and the work."""
    assert list(tables([{}], "+")) == ["age", "work"]


def test_codes_are_groups_by_their_meanings_and_missing_answers_are_too() -> None:
    """Those without applications included."""
    works = [{"work": code} for code in ("A", "A", "B", None, None)]
    assert counted(tables(works, "+-+--")["work"]) == [
        ("office", 1, 2),
        ("field", 1, 1),
        ("not given", 0, 2),
        ("?", 0, 0),
    ]


def test_a_number_is_grouped_by_the_portfolios_bands() -> None:
    """Each from its edge to the next; the last up to the largest that is accepted."""
    ages = [{"age": age} for age in (18, 29, 30, 49, 50, 99)]
    assert counted(tables(ages, "+-+++-")["age"]) == [
        ("18–29", 1, 2),
        ("30–49", 2, 2),
        ("50–99", 1, 2),
    ]


def protected(name: str, **keys: Any) -> Catalogue:
    """The portfolio with another protected answer."""
    return mixed.catalogue_with(name, creditapp={"protected": True}, **keys)


def test_applicants_below_the_first_band_have_a_group_too() -> None:
    """Down to the smallest number that is accepted."""
    catalogue = mixed.catalogue_with("age", creditapp={"protected": True, "bands": [30, 50]})
    ages = [{"age": age} for age in (18, 30, 50)]
    assert [label for label, *_ in counted(tables(ages, "+-+", catalogue)["age"])] == [
        "18–29",
        "30–49",
        "50–99",
    ]


def test_a_number_without_bands_is_grouped_by_quarters_of_the_applications() -> None:
    """By hand: of 0 to 8, the quarters begin at 0, 2, 4 and 6; the last one is open."""
    savings = [{"savings": number} for number in range(9)]
    table = tables(savings, "+++++----", protected("savings"))["savings"]
    assert counted(table) == [
        ("0–1", 2, 2),
        ("2–3", 2, 2),
        ("4–5", 1, 2),
        ("6 or more", 0, 3),
        ("not given", 0, 0),
    ]


def test_quarters_of_integers_begin_at_integers() -> None:
    """By hand: of 1, 2, 4, 8 the quartiles are 1.75, 3 and 5, and no integer lies between 1 and 1.75."""
    savings = [{"savings": number} for number in (1, 2, 4, 8)]
    table = tables(savings, "++--", protected("savings"))["savings"]
    assert counted(table) == [
        ("1", 1, 1),
        ("2", 1, 1),
        ("3–4", 0, 1),
        ("5 or more", 0, 1),
        ("not given", 0, 0),
    ]


def test_large_numbers_are_shown_whole() -> None:
    """1,234,567 is no 1.23457e+06."""
    savings = [{"savings": number} for number in (1_234_567, 1_234_568)]
    wide = protected("savings", constraints={"minimum": 0, "maximum": 10**7})
    labels = [label for label, _, _ in counted(tables(savings, "+-", wide)["savings"])]
    assert labels == ["1234567", "1234568 or more", "not given"]


def test_any_number_is_grouped_from_one_edge_to_under_the_next() -> None:
    """Missing numbers have groups of their own, and count in no quarter."""
    incomes = [{"income": one} for one in (0.5, 1.5, 2.5, 3.5, 4.5, None, -1, -1.0)]
    table = tables(incomes, "+++---+-", protected("income", **INCOME))["income"]
    assert counted(table) == [
        ("0.5 to under 1.5", 1, 1),
        ("1.5 to under 2.5", 1, 1),
        ("2.5 to under 3.5", 1, 1),
        ("3.5 or more", 0, 2),
        ("not given", 0, 1),
        ("no file", 1, 2),
    ]


INCOME = {"missingValues": ["", {"value": "-1", "label": "no file"}]}


def test_dates_are_grouped_by_the_days_before_the_application() -> None:
    """By hand: 1, 2, 3, 4 and 5 days before 2025-06-30."""
    born = [{"born": f"2025-06-{day}"} for day in (29, 28, 27, 26, 25)]
    table = tables(born, "+++--", protected("born"))["born"]
    assert [(one[1], one[2]) for one in counted(table)] == [(1, 1), (1, 1), (1, 1), (0, 2)]


@pytest.mark.parametrize("answers", [[], [{"savings": 5}], [{"savings": 5}, {"savings": 5}]])
def test_too_few_different_numbers_to_make_quarters_lose_no_application(answers: Any) -> None:
    """One number is one group, and no number none."""
    table = tables(answers, "+" * len(answers), protected("savings"))["savings"]
    assert sum(total for _, _, total in counted(table)) == len(answers)


def test_a_group_of_fewer_than_ten_is_never_the_reference() -> None:
    """By hand: 6 of 12 in the larger group; the smaller one's 3 of 3 are twice as many."""
    works = [{"work": "A"}] * 12 + [{"work": "B"}] * 3
    groups = tables(works, "+" * 6 + "-" * 6 + "+++")["work"].groups
    assert [one.approved for one in groups[:2]] == [Proportion(6, 12), Proportion(3, 3)]
    assert [one.impact_ratio for one in groups[:2]] == [1.0, 2.0]
    assert math.isnan(groups[2].impact_ratio)


def test_a_date_is_grouped_by_bands_of_years() -> None:
    """As an age."""
    born = {"protected": True, "bands": [18, 30]}
    catalogue = mixed.catalogue_with("born", creditapp=born)
    days = [{"applied": "2025-06-30", "born": f"{year}-01-01"} for year in (2000, 1990, 1960)]
    assert counted(tables(days, "+-+", catalogue)["born"]) == [
        ("18 to under 30 years before the application", 1, 1),
        ("30 years or more before the application", 1, 2),
    ]
