"""For any catalogue, form, schema, CSV and table accept and refuse the same answers."""

import csv
import io
import json
import shutil
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.applications.application_table import wrong_rows
from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import document_of, read_catalogue
from creditapp.applications.schemas import load_application, schema_of
from creditapp.applications.table import application_of, is_application, read_csv
from creditapp.exceptions import InvalidApplication
from creditapp.factory import create_app
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.settings import Settings
from creditapp.web.pages.forms import form_of
from tests.catalogues import catalogues, changed_rows, texts_of, valid_rows
from tests.mixed import MIXED
from tests.portfolios import GERMAN, TAIWAN
from tests.serving import Trained

ANY = catalogues() | st.sampled_from([GERMAN, TAIWAN, MIXED])
FEW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def schema_accepts(catalogue: Catalogue, row: Any) -> bool:
    """Whether the schema accepts a row; the faster check of one row must agree."""
    accepted = not schema_of(catalogue).validate(row)
    assert is_application(catalogue, row) == accepted
    return accepted


def from_csv(catalogue: Catalogue, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that were written to a CSV file, as the portfolio writes its cells, and read again."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.writer(file, delimiter=catalogue.data.delimiter)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(catalogue, name, row.get(name)) for name in names])
    file.seek(0)
    return [row for _, row in read_csv(catalogue, file, delimiter=catalogue.data.delimiter)]


def _cell(catalogue: Catalogue, name: str, answer: Any) -> str:
    question = catalogue.by_name.get(name)
    return question.as_cell(answer) if question else str(answer or "")


@MANY
@given(st.data())
def test_schema_table_and_csv_accept_valid_rows(data: st.DataObject) -> None:
    """All three read the same application from a row, as JSON and as the cells of a file."""
    catalogue = data.draw(ANY)
    rows = data.draw(st.lists(valid_rows(catalogue), min_size=1, max_size=6))
    assert wrong_rows(catalogue, rows) == set()
    for row in rows:
        assert schema_accepts(catalogue, row)
        assert application_of(catalogue, row) == load_application(catalogue, row)
    plain = [{name: row[name] for name in row if name in catalogue.feature_names} for row in rows]
    if all(any(row.get(name) is not None for row in plain) for name in catalogue.required_keys):
        read = from_csv(catalogue, [application_of(catalogue, row).answers for row in plain])  # type: ignore[misc]
        given_answers = [application_of(catalogue, row).answers for row in plain]
        assert [application_of(catalogue, row).answers for row in read] == given_answers


@MANY
@given(st.data())
def test_schema_and_table_refuse_the_same_rows(data: st.DataObject) -> None:
    """Whatever a row holds; and the message names a field that is wrong, or one that is not known."""
    catalogue = data.draw(ANY)
    rows = data.draw(st.lists(changed_rows(catalogue) | valid_rows(catalogue), max_size=6))
    wrong = {place for place, row in enumerate(rows) if not schema_accepts(catalogue, row)}
    assert wrong_rows(catalogue, rows) == wrong
    for place in wrong:
        with pytest.raises(InvalidApplication) as refused:
            load_application(catalogue, rows[place])
        known = {*catalogue.by_name, *catalogue.reference_keys}
        assert set(refused.value.errors) <= known | set(rows[place])
        assert json.dumps(refused.value.errors)


class Served(NamedTuple):
    """An application, and the model that it serves."""

    app: Flask
    model: ServedModel


@pytest.fixture(scope="module")
def served(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One for all tests."""
    database = shutil.copy(trained.database, tmp_path_factory.mktemp("generated") / "creditapp.db")
    app = create_app(replace(Settings.from_environment(), database_url=f"sqlite:///{database}"))
    with app.app_context():
        return Served(app, model_cache.current())


@FEW
@given(st.data())
def test_the_form_agrees_with_the_schema(served: Served, data: st.DataObject) -> None:
    """The texts of a page's fields are accepted as the answers that they stand for."""
    catalogue = data.draw(ANY)
    texts = data.draw(texts_of(catalogue))
    given_texts = {name: text for name, text in texts.items() if text.strip()}
    row = {name: catalogue.by_name[name].from_text(text) for name, text in given_texts.items()}
    slugs = {catalogue.by_name[name].slug: text for name, text in texts.items()}
    model = replace(served.model, catalogue=catalogue)
    with served.app.test_request_context("/", method="POST", data=slugs):
        form = form_of(catalogue)(meta={"csrf": False})
        submitted = form.submitted(model)
        assert (submitted is not None) == schema_accepts(catalogue, row)
        if submitted is not None:
            assert submitted == application_of(catalogue, row)
        else:
            assert form.errors


@FEW
@given(catalogues())
def test_a_catalogue_is_read_again_from_its_document(catalogue: Catalogue) -> None:
    """The bundle keeps the document; inputs and example are the same."""
    again = read_catalogue(document_of(catalogue))
    assert again.fingerprint == catalogue.fingerprint
    assert again.example == catalogue.example
    assert is_application(again, dict(again.example))
