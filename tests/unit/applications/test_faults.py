"""What is wrong with a portfolio's document is told, whatever it holds."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.applications.catalogue_document import catalogue_of
from creditapp.applications.portfolio import parse_document, read_portfolio
from creditapp.exceptions import BadCatalogue
from tests import mixed

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("age", {"type": "money"}, 'field "age": type is "money"; accepted is integer, number, string'),
    (
        "age",
        {"creditapp": {"rol": "feature"}},
        'field "age", creditapp: the key "rol" is not known',
    ),
    ("age", {"creditapp": {"bands": [10**400]}}, "accepted is a list of rising numbers"),
    ("age", {"constraints": {"minimum": 9, "maximum": 1}}, "minimum is 9, over the maximum, 1"),
    ("hired", {"format": "%d%d"}, 'accepted is default, or a pattern with a year as "%d/%m/%Y"'),
    ("hired", {"format": "%Q"}, 'accepted is default, or a pattern with a year as "%d/%m/%Y"'),
    ("work", {"categories": ["A", "A", "B"]}, 'categories has "A" more than once; keep one'),
    ("work", {"categories": [1]}, "has the value 1; accepted is a text in quotes"),
    ("work", {"title": "\ud800"}, "half of a character"),
    ("income", {"constraints": {"maximum": float("inf")}}, "NaN or an infinite number"),
    ("applied", {"constraints": {"maximum": "2020-01-01"}}, '"applied" is "2025-06-30"'),
    ("owner", {"trueValues": [1]}, "trueValues is [1]; accepted is a list of texts in quotes"),
    ("note", {"creditapp": {}}, "categories is missing; a feature of text needs its categories"),
]


@pytest.mark.parametrize(("name", "keys", "fault"), FAULTS)
def test_a_fault_is_named_with_its_field_and_what_is_accepted(
    name: str, keys: dict[str, Any], fault: str
) -> None:
    """In one line."""
    with pytest.raises(BadCatalogue) as refused:
        mixed.catalogue_with(name, **keys)
    assert any(fault in line for line in str(refused.value).splitlines()), str(refused.value)


STRANGE = st.sampled_from(
    [None, True, 0, -1, 10**400, 0.5, "", "x", "%(x)s", [], [[]], [None], {}, {"a": 1}, "date"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(range(len(mixed.FIELDS))), st.text(max_size=3), STRANGE, st.data())
def test_any_document_is_read_or_refused(
    place: int, other: str, strange: Any, data: st.DataObject
) -> None:
    """One key of a field, or of its own keys, is anything."""
    field = mixed.FIELDS[place]
    key = data.draw(st.sampled_from([*field, "constraints", "missingValues", "format", other]))
    fields = [*mixed.FIELDS[:place], {**field, key: strange}, *mixed.FIELDS[place + 1 :]]
    document = {**mixed.DOCUMENT, "resources": [{"path": "m.csv", "schema": {"fields": fields}}]}
    with contextlib.suppress(BadCatalogue):
        catalogue_of(document)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: a\nname: b\n", "line 2: the key 'name' is there twice"),
        ("name: [", "line 1: "),
        ("\tname: a\n", "line 1: "),
    ],
)
def test_yaml_that_cannot_be_read_is_named_by_its_line(text: str, fault: str) -> None:
    """With the file."""
    with pytest.raises(BadCatalogue, match=r"datapackage\.yaml") as refused:
        parse_document(text, Path("datapackage.yaml"))
    assert fault in str(refused.value)


def test_yaml_has_the_types_of_json_only() -> None:
    """`no` is a text and so is a date; numbers are those of JSON."""
    text = "a: no\nb: 2020-01-01\nc: true\nd: 012\ne: 12:30\nf: ~\ng: 1.5\nh: -1\n"
    assert parse_document(text, Path("x")) == {
        "a": "no",
        "b": "2020-01-01",
        "c": True,
        "d": "012",
        "e": "12:30",
        "f": None,
        "g": 1.5,
        "h": -1,
    }


def test_a_folder_without_a_document_says_how_to_draft_one(tmp_path: Path) -> None:
    """The first thing that a newcomer meets."""
    with pytest.raises(BadCatalogue, match="flask portfolio infer"):
        read_portfolio(tmp_path)
