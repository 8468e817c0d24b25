"""The JSON Schema of a portfolio's document accepts both portfolios, and refuses wrong documents."""

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from creditapp.settings.paths import ROOT

SCHEMA = json.loads((ROOT / "static" / "portfolio.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

SMALL = {
    "name": "small",
    "creditapp": {
        "outcome": {"field": "paid", "good": [True], "bad": [False]},
        "example": {
            "income": 10,
            "work": "A",
            "score": None,
            "married": True,
            "born": "1990-01-31",
        },
        "as_of": "2026-01-31",
        "performance": {"bad": ["written_off"], "window_months": 24},
    },
    "resources": [
        {
            "path": "small.csv.gz",
            "schema": {
                "missingValues": ["", {"value": "-1", "label": "no file"}],
                "fields": [
                    {"name": "income", "type": "number", "constraints": {"exclusiveMinimum": 0}},
                    {
                        "name": "work",
                        "type": "string",
                        "categories": ["A", {"value": "B", "label": "b"}],
                    },
                    {"name": "score", "type": "integer", "constraints": {"enum": [1, 2]}},
                    {"name": "married", "type": "boolean"},
                    {"name": "born", "type": "date", "format": "%d/%m/%Y"},
                    {"name": "paid", "type": "boolean", "creditapp": {"role": "outcome"}},
                ],
            },
        }
    ],
}


def faults(document: object) -> list[str]:
    """What the schema says of a document."""
    return [error.message for error in VALIDATOR.iter_errors(document)]


def small(place: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A copy of the small document, and the place in it: the package, its parts, or a field."""
    package: dict[str, Any] = deepcopy(SMALL)
    resource = package["resources"][0]
    places = {"package": package, "creditapp": package["creditapp"], "resource": resource}
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    return package, {**places, "schema": resource["schema"], **fields}[place]


def test_the_schema_is_a_valid_one() -> None:
    """It follows the 2020-12 draft."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("folder", ["data", "data/taiwan"])
def test_the_portfolios_are_accepted(folder: str) -> None:
    """Each document beside its data passes."""
    text = (ROOT / folder / "datapackage.yaml").read_text()
    assert faults(yaml.safe_load(text)) == []


ACCEPTED = [
    ("package", "homepage", "https://lender.example"),
    ("resource", "bytes", 12),
    ("resource", "path", "files/rows.parquet"),
    ("income", "rdfType", "a standard key that is not ours"),
    ("income", "creditapp", {"unit": {"en": "euros", "fr": "euros"}, "changeable": "larger"}),
    ("income", "creditapp", {"expected_direction": "higher_is_better", "bands": [0, 10.5]}),
    ("income", "creditapp", {"review": ["Is it net?"], "reason": {"less": "the income: {answer}"}}),
    ("income", "creditapp", {"follows": ["score"]}),
    ("work", "categories", ["A", {"value": "B", "creditapp": {"vague": True}}]),
    ("work", "creditapp", {"changeable": ["B"]}),
    ("score", "creditapp", {"encoding": "number", "expected_direction": "higher_is_worse"}),
    ("score", "creditapp", {"encoding": "number", "changeable": "smaller"}),
    ("work", "creditapp", {"role": "ignored"}),
    ("born", "creditapp", {"role": "date"}),
    ("born", "constraints", {"minimum": "1900-01-01"}),
    ("creditapp", "groups", ["Money", {"en": "Work", "fr": "Travail"}]),
]


@pytest.mark.parametrize(("place", "key", "value"), ACCEPTED)
def test_a_right_document_is_accepted(place: str, key: str, value: object) -> None:
    """What the format allows passes."""
    document, keys = small(place)
    keys[key] = value
    assert faults(document) == []


WRONG = [
    ("package", "name", "Small Loans"),
    ("package", "name", ""),
    ("package", "version", 1.0),
    ("package", "resources", []),
    ("package", "creditapp", {"example": {"income": 10}}),
    ("creditapp", "curency", "EUR"),
    ("creditapp", "outcome", {"field": "paid", "good": [], "bad": [False]}),
    ("creditapp", "outcome", {"field": "paid", "good": [True], "bad": [False], "ugly": [2]}),
    ("creditapp", "example", {}),
    ("creditapp", "example", {"income": [10]}),
    ("creditapp", "as_of", "31/01/2026"),
    ("creditapp", "performance", {"bad": ["repaid"]}),
    ("creditapp", "performance", {"window_months": 0}),
    ("creditapp", "groups", "Money"),
    ("creditapp", "note", {"English": "text"}),
    ("creditapp", "note", {}),
    ("resource", "path", "../small.csv"),
    ("resource", "path", "/etc/small.csv"),
    ("resource", "path", "https://lender.example/small.csv"),
    ("resource", "path", "files/../../small.csv"),
    ("resource", "path", "small.xlsx"),
    ("resource", "path", ["small.csv"]),
    ("resource", "format", "excel"),
    ("resource", "dialect", {"delimiter": "||"}),
    ("resource", "creditapp", {"currency": "EUR"}),
    ("schema", "fieldsMatch", ["subset"]),
    ("schema", "missingValues", [-1]),
    ("schema", "missingValues", [{"label": "no value"}]),
    ("schema", "missingValues", [{"value": "-1", "creditapp": {"published": "no"}}]),
    ("schema", "fields", []),
    ("schema", "creditapp", {"currency": "EUR"}),
    ("income", "name", " income"),
    ("income", "name", "x" * 101),
    ("income", "name", "reference"),
    ("income", "type", "money"),
    ("income", "title", {"en": "Income"}),
    ("income", "categories", [1, 2]),
    ("income", "constraints", {"minimum": "0"}),
    ("income", "constraints", {"minimum": 0, "exclusiveMinimum": 0}),
    ("income", "constraints", {"requierd": True}),
    ("income", "constraints", {"required": "yes"}),
    ("income", "creditapp", {"rol": "ignored"}),
    ("income", "creditapp", {"role": "target"}),
    ("income", "creditapp", {"role": "date"}),
    ("income", "creditapp", {"protected": "yes"}),
    ("income", "creditapp", {"changeable": True}),
    ("income", "creditapp", {"changeable": [5]}),
    ("income", "creditapp", {"encoding": "number"}),
    ("income", "creditapp", {"expected_direction": "up"}),
    ("income", "creditapp", {"follows": "score"}),
    ("work", "categories", ["A", {"value": "B", "creditapp": {"vague": "yes"}}]),
    ("income", "creditapp", {"bands": ["18"]}),
    ("income", "creditapp", {"rule": "days before application"}),
    ("income", "creditapp", {"reason": {"most": "too much"}}),
    ("income", "creditapp", {"review": ""}),
    ("income", "creditapp", {"title": "Revenu"}),
    ("work", "categories", []),
    ("work", "categories", ["A", "A"]),
    ("work", "categories", ["A", True]),
    ("work", "categories", ["A", 1]),
    ("work", "categories", [{"label": "without its value"}]),
    ("work", "categories", [{"value": "A", "creditapp": {"labels": {"fr": "a"}}}]),
    ("work", "categories", [{"value": "A", "creditapp": {"label": "a"}}]),
    ("work", "constraints", {"minimum": 1}),
    ("work", "creditapp", {"changeable": "smaller"}),
    ("work", "creditapp", {"encoding": "number"}),
    ("work", "creditapp", {"expected_direction": "higher_is_better"}),
    ("score", "categories", ["1", "2"]),
    ("score", "creditapp", {"changeable": "smaller"}),
    ("married", "creditapp", {"expected_direction": "higher_is_better"}),
    ("married", "trueValues", [1]),
    ("born", "format", "dd/mm/yyyy"),
    ("born", "constraints", {"minimum": 1900}),
    ("born", "creditapp", {"rule": "years before application"}),
    ("born", "creditapp", {"role": "outcome"}),
    ("paid", "creditapp", {"role": "recorded"}),
]


@pytest.mark.parametrize(("place", "key", "value"), WRONG)
def test_a_wrong_document_is_refused(place: str, key: str, value: object) -> None:
    """Each fault is one that a person could make."""
    document, keys = small(place)
    keys[key] = value
    assert faults(document)


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("package", "name"),
        ("package", "creditapp"),
        ("package", "resources"),
        ("creditapp", "outcome"),
        ("creditapp", "example"),
        ("resource", "path"),
        ("resource", "schema"),
        ("schema", "fields"),
        ("income", "name"),
        ("income", "type"),
        ("work", "categories"),
    ],
)
def test_a_key_that_is_missing_is_noticed(place: str, key: str) -> None:
    """Without the key, the document is refused."""
    document, keys = small(place)
    del keys[key]
    assert faults(document)


def test_a_second_resource_is_refused() -> None:
    """A portfolio has one data file."""
    assert faults({**SMALL, "resources": SMALL["resources"] * 2})


def test_every_key_is_described() -> None:
    """The schema serves as documentation: each key of ours says what it is."""
    for name in ("additions", "fieldAdditions", "field", "constraints", "resource", "schema"):
        definition = SCHEMA["$defs"][name]
        assert definition["description"]
        for key, value in definition["properties"].items():
            assert value is False or "description" in value or "$ref" in value, (name, key)
