"""What the images are made of is known, and may be used."""

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests import bill_of_materials
from tests.bill_of_materials import FOLDER, IMAGES


@pytest.fixture(scope="module", autouse=True)
def _written() -> None:
    """The bills, written anew by the command; it would fail at a licence that nobody accepted."""
    bill_of_materials.main()


@pytest.mark.parametrize("image", IMAGES)
def test_a_bill_of_materials_names_each_locked_package_once_and_follows_the_standard(
    image: str,
) -> None:
    """With version and address."""
    text = (FOLDER / f"{image}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    packages = [one for one in components if one["purl"].startswith("pkg:pypi/")]
    assert len(packages) == len(list(bill_of_materials.locked(image)))
    assert len({one["purl"] for one in components}) == len(components)


def test_the_assets_that_pages_load_are_in_the_bill_of_what_serves() -> None:
    """Fonts, Swagger UI and ReDoc."""
    components = json.loads((FOLDER / "serve.cdx.json").read_text())["components"]
    names = {one["name"] for one in components if one["purl"].startswith("pkg:npm/")}
    assert {"redoc", "swagger-ui-dist"} < names
    assert len(names) == 4


def test_a_licence_that_nobody_accepted_is_seen() -> None:
    """Also within an expression, and where there is none at all."""
    expression = {"licenses": [{"expression": "MIT OR (GPL-3.0-only AND 0BSD)"}]}
    assert bill_of_materials.licences(expression) == ["0BSD", "GPL-3.0-only", "MIT"]
    assert bill_of_materials.licences({}) == []
    unknown = {"licenses": [{"license": {"name": "License :: OSI Approved"}}]}
    assert bill_of_materials.licences(unknown) == []
