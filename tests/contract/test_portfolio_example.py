"""The example portfolio of `docs/portfolios.md`: it is read, its application is accepted, and data fit it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.questions import Date, Nominal, Numeric, Ordinal, YesNo
from creditapp.applications.schemas import load_application
from creditapp.settings.paths import ROOT
from tests.made_loans import write_loans
from training.portfolio_check import check_data

PAGE = ROOT / "docs" / "portfolios.md"


def blocks(language: str) -> list[str]:
    """The blocks of code in a language on the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def sent() -> list[dict[str, Any]]:
    """The applications on the page: the one sent with curl, and the one in JSON."""
    [by_curl] = [block for block in blocks("sh") if "curl" in block]
    [in_json] = blocks("json")
    return [json.loads(by_curl[by_curl.index("{") : by_curl.rindex("}") + 1]), json.loads(in_json)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example and the data that it describes."""
    [document] = blocks("yaml")
    (tmp_path / "datapackage.yaml").write_text(document)
    write_loans(tmp_path / "loans.csv")
    return tmp_path


@pytest.fixture
def catalogue(folder: Path) -> Catalogue:
    """The catalogue of the example."""
    return read_portfolio(folder)


def test_the_example_shows_every_kind_of_field(catalogue: Catalogue) -> None:
    """Numbers, ordered and unordered codes, yes or no, dates, missing codes, and the rest of the keys."""
    features = catalogue.features
    for kind in (Numeric, Ordinal, Nominal, YesNo, Date):
        assert any(isinstance(feature, kind) for feature in features)
    assert {"smaller"} <= {feature.changeable for feature in features}
    assert any(feature.reasons for feature in features)
    assert any(len(feature.missing) > 1 for feature in features)
    assert catalogue.protected == ("birth_date",)
    assert catalogue.reviews == ()


@pytest.mark.parametrize("application", sent())
def test_its_applications_are_accepted(catalogue: Catalogue, application: dict[str, Any]) -> None:
    """What the page sends is a valid application of the example."""
    loaded = load_application(catalogue, application)
    assert loaded.reference == application["reference"]
    assert {name: loaded.answers[name] for name in application if name != "reference"} == {
        name: answer for name, answer in application.items() if name != "reference"
    }


def test_its_data_are_described_as_the_page_says(catalogue: Catalogue, folder: Path) -> None:
    """The check prints the lines that the page shows."""
    [shown] = [block for block in blocks("text") if "fit to train:" in block]
    assert list(check_data(catalogue, folder / "loans.csv")) == shown.splitlines()[1:-1]


def test_editors_accept_it(folder: Path) -> None:
    """It fits the schema that editors check it with."""
    schema = json.loads((ROOT / "static" / "portfolio.schema.json").read_text())
    document = yaml.safe_load((folder / "datapackage.yaml").read_text())
    assert [fault.message for fault in Draft202012Validator(schema).iter_errors(document)] == []
