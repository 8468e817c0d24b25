"""What differs between the inputs of two catalogues, said for people who send applications."""

from typing import Any

import pytest

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.differences import differences
from tests.mixed import MIXED, catalogue_with
from tests.portfolios import GERMAN


def changes_of(old: Catalogue, new: Catalogue) -> list[str]:
    """What differs, in English."""
    return [str(change) for change in differences(old, new)]


def test_a_catalogue_does_not_differ_from_itself() -> None:
    """Nor from one whose labels and groups are other words."""
    assert changes_of(GERMAN, GERMAN) == []
    named = {"title": "Income a month", "description": "before tax", "creditapp": {"group": "Work"}}
    assert changes_of(MIXED, catalogue_with("income", **named)) == []
    categories = [{"value": "A", "label": "desk"}, "B"]
    assert changes_of(MIXED, catalogue_with("work", categories=categories)) == []


SCHOOLS = {
    "too": ["none", "lower", "higher", "doctor"],
    "any more": ["lower", "higher"],
    "order": ["lower", "none", "higher"],
}


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("school", {"categories": SCHOOLS["too"]}, ['changed: "school" accepts doctor too']),
        (
            "grade",
            {"categories": [1, 2, 4]},
            [
                'changed: "grade" accepts 4 too',
                'changed: "grade" does not accept 3 any more',
            ],
        ),
        (
            "school",
            {"categories": SCHOOLS["order"]},
            ['changed: "school" has its codes in another order'],
        ),
        ("work", {"missingValues": [""]}, ['changed: "work" does not accept ? any more']),
        ("married", {"constraints": {"required": True}}, ['changed: "married" is required now']),
        ("region", {"constraints": {}}, ['changed: "region" may be left out now']),
        (
            "age",
            {"constraints": {"required": True, "minimum": 18, "maximum": 75}},
            [
                'changed: "age" accepts an integer from 18 to 75; before: an integer from 18 to 99',
            ],
        ),
        (
            "income",
            {"constraints": {"exclusiveMinimum": 0, "exclusiveMaximum": 1000000}},
            [
                'changed: "income" accepts a number over 0 and under 1000000; also null, -1; '
                "before: a number over 0 and up to 1000000; also null, -1",
            ],
        ),
        (
            "born",
            {"constraints": {"required": True, "minimum": "1920-01-01"}},
            [
                'changed: "born" accepts a date as YYYY-MM-DD from 1920-01-01 to 9999-12-31; '
                "before: a date as YYYY-MM-DD from 1900-01-01 to 9999-12-31",
            ],
        ),
        (
            "school",
            {"categoriesOrdered": False},
            ['changed: "school" is nominal now; before: ordinal'],
        ),
    ],
)
def test_each_change_of_what_is_accepted_is_said(
    name: str, changes: dict[str, Any], expected: list[str]
) -> None:
    """Codes that come and go, limits, the order of codes, and whether an answer may be left out."""
    assert changes_of(MIXED, catalogue_with(name, **changes)) == expected


def test_an_answer_that_is_not_scored_any_more_has_another_role() -> None:
    """It is recorded still."""
    recorded = catalogue_with("savings", creditapp={"role": "recorded"})
    assert changes_of(MIXED, recorded) == [
        'changed: "savings" has the role recorded, before: feature'
    ]


def test_what_is_added_and_removed_is_said_with_what_is_accepted() -> None:
    """A renamed field is both; the removed ones come first."""
    renamed = catalogue_with("age", name="years", constraints={"required": True, "minimum": 18})
    assert changes_of(MIXED, renamed) == [
        'removed: "age"',
        'added: "years" (required; accepted is an integer from 18 to 1000000000000)',
    ]
    named = catalogue_with("note", name="remark")
    assert changes_of(MIXED, named) == [
        'removed: "note"',
        'added: "remark" (may be left out; accepted is a text of 1 to 200 printable characters; '
        "also null)",
    ]
