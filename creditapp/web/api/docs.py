"""The API's description: an OpenAPI document out of the schemas, shown by Swagger UI and ReDoc."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flasgger import Swagger
from flask import Blueprint, Flask, redirect, render_template, url_for
from werkzeug import Response

from creditapp.applications import schemas
from creditapp.applications.catalogue import EXAMPLE
from creditapp.web.api import answers
from creditapp.web.errors import TITLES

blueprint = Blueprint("docs", __name__)

DOCUMENT_PATH = "/openapi.json"
PROBLEMS = {
    400: "Not JSON, or JSON that is not strict: NaN, Infinity, a key twice, nested too deeply",
    401: "No key, or one that is malformed, unknown, expired or revoked",
    403: "The key's scopes do not include this, or a page of another site asks",
    404: "No decision has this id, or it was made by another key",
    409: "The registry's version cannot be served; the old one stays",
    413: "The body is too large, or the batch holds too many applications",
    415: "Not JSON by its content type",
    429: "The limit is reached; `Retry-After` says when to try again",
    422: "JSON that breaks the rules; `errors` names each field with what is accepted",
    503: "No decision can be made or recorded now; `Retry-After` says when to try again",
}
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `creditapp_…`; not asked for in development",
}
GUARDED = (401, 403)
INPUT_PROBLEMS = (400, *GUARDED, 413, 415, 422, 429, 503)
DESCRIPTION = (
    "Credit applications in, recorded decisions out. Every field and code stands in the "
    "[code book](/codebook); this document is shown at [/apidocs](/apidocs) and "
    "[/redoc](/redoc); [the page](/) scores by hand."
)
PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Invalid input",
    "status": 422,
    "detail": "the application breaks the rules",
    "request_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90",
    "errors": {"Age in years": ["17 is not accepted; accepted is an integer from 18 to 100."]},
}
PREDICTION_EXAMPLE = {
    "prediction": 1,
    "probability_good_credit": 0.85,
    "probability_bad_credit": 0.15,
    "risk_level": "LOW",
    "model_version": "3",
    "timestamp": "2026-11-23T10:30:45.123456+00:00",
    "decision_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90",
    "decision": "approve",
    "reasons": [],
    "outside_training": [],
    "policy_version": "default-1",
    "reference": None,
}


@blueprint.get("/docs")
def shortcut() -> Response:
    """The address people try first."""
    return redirect(url_for("flasgger.apidocs"))


@blueprint.get("/redoc")
def redoc() -> str:
    """The same document, for reading."""
    return render_template("redoc.html", document=DOCUMENT_PATH)


def init_app(app: Flask) -> None:
    """Show the document at /apidocs and /redoc, with assets of our own host alone."""
    app.register_blueprint(blueprint)
    Swagger(app, template=document(), merge=False, config=_flasgger_config())


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    spec = APISpec(
        title="creditapp",
        version="1",
        openapi_version="3.1.0",
        info={"description": DESCRIPTION},
        plugins=[MarshmallowPlugin()],
    )
    spec.components.security_scheme("key", KEY)
    spec.components.schema("Problem", schema=answers.ProblemSchema)
    for path, operations in _paths().items():
        spec.path(path=path, operations=operations)
    return spec.to_dict()


def _paths() -> dict[str, dict[str, Any]]:
    decision_id = {"name": "decision_id", "in": "path", "required": True}
    return {
        "/api/predict": {
            "post": _operation(
                "Scoring",
                "Score one application",
                _answer(answers.PredictionSchema, PREDICTION_EXAMPLE),
                INPUT_PROBLEMS,
                body=_body(schemas.ApplicationSchema, EXAMPLE),
            )
        },
        "/api/predict-batch": {
            "post": _operation(
                "Scoring",
                "Score many applications with one model",
                _answer(answers.BatchAnswerSchema),
                INPUT_PROBLEMS,
                body=_body(schemas.BatchSchema, {"applications": [EXAMPLE]}),
            )
        },
        "/api/decisions/{decision_id}": {
            "get": _operation(
                "Decisions",
                "Look up a decision",
                _answer(answers.StoredDecisionSchema),
                (*GUARDED, 404, 503),
                parameters=[{**decision_id, "schema": {"type": "string", "format": "uuid"}}],
            )
        },
        "/api/decisions/{decision_id}/alternatives": {
            "get": _operation(
                "Decisions",
                "What would have led to an approval",
                _answer(answers.AlternativesSchema),
                (*GUARDED, 404, 409, 503),
                parameters=[{**decision_id, "schema": {"type": "string", "format": "uuid"}}],
            )
        },
        "/api/model-info": {
            "get": _operation(
                "Model", "The served model", _answer(answers.ModelInfoSchema), (*GUARDED, 503)
            )
        },
        "/api/reload-model": {
            "post": _operation(
                "Model",
                "Serve what the registry's production alias names now",
                _answer(answers.ReloadSchema),
                (*GUARDED, 409, 503),
            )
        },
        "/api/health": {"get": _health_operation()},
        "/api/live": {
            "get": _operation("Health", "Whether the process runs", _answer(answers.LiveSchema))
        },
    }


def _health_operation() -> dict[str, Any]:
    answer = _answer(answers.HealthSchema)
    operation = _operation("Health", "Whether decisions can be made and recorded", answer)
    operation["responses"]["503"] = {**answer, "description": "They cannot"}
    return operation


def _operation(
    tag: str,
    summary: str,
    answer: dict[str, Any],
    problems: tuple[int, ...] = (),
    *,
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    responses = {"200": answer, **{str(status): _problem(status) for status in problems}}
    operation: dict[str, Any] = {"summary": summary, "tags": [tag], "responses": responses}
    if 401 in problems:
        operation["security"] = [{"key": []}]
    if body:
        operation["requestBody"] = body
    if parameters:
        operation["parameters"] = parameters
    return operation


def _body(schema: Any, example: object) -> dict[str, Any]:
    return {"required": True, "content": _content("application/json", schema, example)}


def _answer(schema: Any, example: object = None) -> dict[str, Any]:
    return {"description": "OK", "content": _content("application/json", schema, example)}


def _problem(status: int) -> dict[str, Any]:
    example = {**PROBLEM_EXAMPLE, "status": status, "title": TITLES[status]}
    if status != 422:
        del example["errors"]
        example["detail"] = PROBLEMS[status]
    content = _content("application/problem+json", "Problem", example)
    return {"description": PROBLEMS[status], "content": content}


def _content(media_type: str, schema: Any, example: object = None) -> dict[str, Any]:
    shown = {} if example is None else {"example": example}
    return {media_type: {"schema": schema, **shown}}


def _flasgger_config() -> dict[str, Any]:
    vendor = "/static/vendor/swagger-ui-dist"
    return {
        "openapi": "3.1.0",
        "headers": [],
        "specs": [
            {"endpoint": "openapi", "route": DOCUMENT_PATH, "rule_filter": lambda _rule: False}
        ],
        "static_url_path": "/flasgger_static",
        "specs_route": "/apidocs",
        "title": "creditapp API",
        "favicon": "/static/favicon.svg",
        "swagger_ui_bundle_js": f"{vendor}/swagger-ui-bundle.js",
        "swagger_ui_css": f"{vendor}/swagger-ui.css",
    }
