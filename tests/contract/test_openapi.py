"""The OpenAPI document matches the API."""

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from flask import Flask
from openapi_spec_validator import validate

from creditapp.applications.schemas import load_application
from creditapp.factory import create_app
from creditapp.outcomes.reports import Report, read_report
from creditapp.settings.settings import Settings
from creditapp.web.api.docs import PROBLEMS, document
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE, GERMAN

APP = create_app()
with APP.app_context():
    DOCUMENT = document(APP, GERMAN)
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema together with the components of the document."""
    return {**schema, "components": DOCUMENT["components"]}


def test_document_is_valid_openapi() -> None:
    """The OpenAPI validator accepts the document."""
    validate(DOCUMENT)


def test_every_route_may_answer_too_many_requests() -> None:
    """Nginx refuses too many connections whatever the route is, and answers when nobody else does."""
    for path, _, operation in OPERATIONS:
        assert {"400", "429", "503"} <= operation["responses"].keys(), path


def test_guarded_routes_may_refuse() -> None:
    """401 and 403 are described wherever a key that is sent is checked, and nowhere else."""
    open_routes = {"/api/live", "/api/health"}
    for path, _, operation in OPERATIONS:
        refusals = {"401", "403"} & operation["responses"].keys()
        assert refusals == (set() if path in open_routes else {"401", "403"}), path


def test_whatever_reads_a_body_may_find_it_too_large() -> None:
    """413 is described for bodies, and for a key, which is compared with the body."""
    reading = {path for path, _, operation in OPERATIONS if "413" in operation["responses"]}
    assert reading == {
        "/api/outcomes",
        "/api/predict",
        "/api/predict-batch",
        "/api/reload-model",
    }


OUTCOME = {"reference": "r", "kind": "written_off", "date": "2026-03-01", "amount": 12.5}


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"amount": None}, True),
        ({"kind": "repaid", "amount": None, "withdrawn": True}, True),
        ({"kind": "repaid"}, False),
        ({"kind": "late"}, False),
        ({"decision_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90"}, False),
        ({"reference": ""}, False),
        ({"withdrawn": None}, False),
        ({"amount": -1}, False),
        ({"note": "x"}, False),
    ],
)
def test_document_says_what_is_read_as_an_outcome(changes: dict[str, Any], fits: bool) -> None:
    """Alone and among many."""
    post = DOCUMENT["paths"]["/api/outcomes"]["post"]
    schema = resolved(post["requestBody"]["content"]["application/json"]["schema"])
    validator = jsonschema.Draft202012Validator(schema)
    outcome = {**OUTCOME, **changes}
    assert validator.is_valid(outcome) == fits
    assert validator.is_valid({"outcomes": [OUTCOME, outcome]}) == fits
    assert isinstance(read_report(outcome), Report) == fits


@pytest.mark.parametrize("env", ["development", "production"])
def test_document_asks_for_keys_where_they_are_required(env: str) -> None:
    """In development nobody needs a key, and the document says so."""
    app = create_app(replace(Settings.from_environment(), env=env))
    with app.app_context():
        made = document(app, GERMAN)
    needs_key = env == "production"
    assert ("security" in made["paths"]["/api/predict"]["post"]) == needs_key
    assert ("securitySchemes" in made["components"]) == needs_key
    assert "security" not in made["paths"]["/api/live"]["get"]


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"applications": [EXAMPLE]}, True),
        ({"applications": [{**EXAMPLE, "Age in years": "old"}]}, False),
        ({"applications": [{**EXAMPLE, "Age in years": "old"}], "on_error": "refuse"}, False),
        ({"applications": [{**EXAMPLE, "Age in years": "old"}], "on_error": "report"}, True),
        ({"applications": [1, EXAMPLE], "on_error": "report"}, True),
        ({"applications": []}, False),
        ({"applications": [EXAMPLE] * 10_001}, False),
    ],
)
def test_items_of_a_batch_are_applications(body: dict[str, Any], fits: bool) -> None:
    """Unless wrong ones are to be reported."""
    operation = DOCUMENT["paths"]["/api/predict-batch"]["post"]
    schema = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
    assert jsonschema.Draft202012Validator(schema).is_valid(body) == fits


def test_integers_are_described_as_we_judge_them() -> None:
    """JSON Schema takes 5.0 for an integer."""
    for name, field in DOCUMENT["components"]["schemas"]["Application"]["properties"].items():
        is_integer = field.get("type") == "integer"
        assert ("5.0 is refused" in field.get("description", "")) == is_integer, name


def test_document_describes_exactly_the_api_routes(app: Flask) -> None:
    """No route is missing, and no other route is described."""
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert routes == {(path, method) for path, method, _ in OPERATIONS}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_examples_match_their_schemas(path: str, method: str, operation: dict[str, Any]) -> None:
    """Each example of a request or answer is valid by its own schema."""
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            if "example" in media:
                jsonschema.validate(media["example"], resolved(media["schema"]))


def test_example_is_accepted_by_the_application_schema() -> None:
    """The example of the catalogue loads unchanged."""
    assert load_application(GERMAN, EXAMPLE).answers == EXAMPLE


def test_all_problem_statuses_are_described() -> None:
    """The document describes each status of a problem, and 415."""
    described = {status for _, _, operation in OPERATIONS for status in operation["responses"]}
    assert {str(status) for status in PROBLEMS} <= described
    assert "415" in described


def test_answers_match_the_document(client: StrictClient) -> None:
    """Real answers are valid by the schemas of their operations."""
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


def test_problem_matches_the_document(client: StrictClient) -> None:
    """An error is valid by the schema of a problem."""
    answer = client.post("/api/predict", json={})
    jsonschema.validate(answer.get_json(), resolved({"$ref": "#/components/schemas/Problem"}))


@pytest.mark.parametrize("path", ["/apidocs", "/redoc", "/openapi.json", "/codebook", "/metrics"])
def test_documentation_pages_are_served(client: StrictClient, path: str) -> None:
    """Each page answers with 200."""
    assert client.get(path).status_code == 200


def test_docs_redirects_to_apidocs(client: StrictClient) -> None:
    """`/docs` leads to the documentation."""
    assert client.get("/docs").location == "/apidocs"
