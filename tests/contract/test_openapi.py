"""The API's description agrees with the API."""

from typing import Any

import jsonschema
import pytest
from flask import Flask
from openapi_spec_validator import validate

from creditapp.applications.catalogue import EXAMPLE
from creditapp.applications.schemas import load_application
from creditapp.factory import create_app
from creditapp.web.api.docs import PROBLEMS, document
from tests.clients import StrictClient

APP = create_app()
with APP.app_context():
    DOCUMENT = document(APP)
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the document's components at hand."""
    return {**schema, "components": DOCUMENT["components"]}


def test_it_is_a_valid_openapi_document() -> None:
    """By the validator of the specification's own schemas."""
    validate(DOCUMENT)


def test_it_describes_every_api_route_and_no_other(app: Flask) -> None:
    """Routes and description are compared both ways."""
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert routes == {(path, method) for path, method, _ in OPERATIONS}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_examples_validate(path: str, method: str, operation: dict[str, Any]) -> None:
    """What people copy is right by the description itself."""
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            if "example" in media:
                jsonschema.validate(media["example"], resolved(media["schema"]))


def test_the_example_is_accepted_by_the_schema_itself() -> None:
    """And not only by its description."""
    assert load_application(EXAMPLE).answers == EXAMPLE


def test_every_error_of_the_table_is_described() -> None:
    """No operation answers with a status that nobody has read about."""
    described = {status for _, _, operation in OPERATIONS for status in operation["responses"]}
    assert {str(status) for status in PROBLEMS} <= described
    assert "415" in described


def test_answers_are_as_described(client: StrictClient) -> None:
    """A real prediction, batch, decision, health and model validate against the description."""
    prediction = client.post("/api/predict", json=EXAMPLE)
    decision_id = prediction.get_json()["decision_id"]
    answers = {
        ("/api/predict", "post"): prediction,
        ("/api/predict-batch", "post"): client.post(
            "/api/predict-batch", json={"applications": [EXAMPLE], "on_error": "report"}
        ),
        ("/api/decisions/{decision_id}", "get"): client.get(f"/api/decisions/{decision_id}"),
        ("/api/health", "get"): client.get("/api/health"),
        ("/api/model-info", "get"): client.get("/api/model-info"),
        ("/api/live", "get"): client.get("/api/live"),
    }
    for (path, method), answer in answers.items():
        described = DOCUMENT["paths"][path][method]["responses"][str(answer.status_code)]
        schema = resolved(described["content"]["application/json"]["schema"])
        jsonschema.validate(answer.get_json(), schema)


def test_errors_are_as_described(client: StrictClient) -> None:
    """A problem document validates against its own schema."""
    answer = client.post("/api/predict", json={})
    jsonschema.validate(answer.get_json(), resolved({"$ref": "#/components/schemas/Problem"}))


@pytest.mark.parametrize("path", ["/apidocs", "/redoc", "/openapi.json", "/codebook", "/metrics"])
def test_the_documentation_is_there(client: StrictClient, path: str) -> None:
    """Each address answers."""
    assert client.get(path).status_code == 200


def test_docs_leads_to_the_documentation(client: StrictClient) -> None:
    """The address people try first."""
    assert client.get("/docs").location == "/apidocs"
