"""The API's documentation: an OpenAPI document from the routes, shown by Swagger UI and ReDoc."""

import re
from functools import lru_cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flasgger import Swagger
from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.routing import Rule

from creditapp.applications.catalogue import Catalogue
from creditapp.exceptions import OutcomeUnknown
from creditapp.settings.current import current_settings
from creditapp.web.access import ANYONE, DOCUMENTATION, access_of, open_to
from creditapp.web.api import answers
from creditapp.web.api.bodies import describe_body
from creditapp.web.api.examples import PROBLEM
from creditapp.web.api.operations import Operation, operation_of
from creditapp.web.errors import TITLES
from creditapp.web.intake import catalogue_in_force
from creditapp.web.once import HEADER, LONGEST_KEY, REPLAYED

blueprint = Blueprint("docs", __name__)

DOCUMENT_PATH = "/openapi.json"
DESCRIPTION = (
    "Send credit applications, and get recorded decisions. The [code book]({root}/codebook) explains every "
    "field and code; this document is shown at [/apidocs]({root}/apidocs) and [/redoc]({root}/redoc); "
    "[the page]({root}/) scores by hand."
)
PROBLEMS = {
    400: "Not JSON, or not strict JSON: NaN, Infinity, a key twice, nested too deeply; or a host name that "
    "the service does not answer to",
    401: "No key, or a key that is malformed, unknown, expired or revoked",
    403: "The key's scopes do not include this route, or a page of another site makes the request",
    404: "No decision has this id, or another key made it",
    409: "The request does not fit the present state, for example a version that cannot be served, or the "
    "first request with this Idempotency-Key is not answered yet",
    410: "The request was answered before, and its answer was erased with personal data",
    413: "The body is too large, or the batch has too many applications",
    415: "Not JSON by its content type",
    422: "JSON that breaks the rules; `errors` names each field and what is accepted",
    429: "The rate limit is reached; `Retry-After` says when to try again",
    503: "No decision can be made or recorded at the moment; `Retry-After` says when to try again. If "
    "`type` ends in `/outcome-unknown`, the decision may be recorded: send the request again with the same "
    "Idempotency-Key, or look up `decision_id`. Without a key, do not send it again",
}
KEY = {"type": "http", "scheme": "bearer", "description": "An API key, `creditapp_…`"}
KEY_OF_REQUEST = {
    "name": HEADER,
    "in": "header",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[ -~]+$",
    },
    "description": "A name of this request that you choose, for example a UUID. If you send the request "
    "again with the same key, you get the first answer again and nothing is done twice. Without a key, a "
    "request that is sent again is done again.",
}
REPLAYED_HEADER = {
    REPLAYED: {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "This is the first answer to a request that was sent again",
    }
}
PATH_PARAMETER = re.compile(r"<(\w+)>")


@blueprint.get("/docs")
@open_to(DOCUMENTATION)
def shortcut() -> Response:
    """Redirect from the address that people try first."""
    return redirect(url_for("flasgger.apidocs"))


@blueprint.get("/redoc")
@open_to(DOCUMENTATION)
def redoc() -> str:
    """Show the document in ReDoc."""
    return render_template("redoc.html", document=url_for("flasgger.openapi"))


@blueprint.get(OutcomeUnknown.type)
@open_to(ANYONE)
def outcome_unknown() -> str:
    """Explain the type of a problem document."""
    return render_template("outcome_unknown.html")


def init_app(app: Flask) -> None:
    """Show the document at /apidocs and /redoc, with assets only from our own host."""
    app.register_blueprint(blueprint)
    ServedDocument(app, merge=False, config=_flasgger_config())


class ServedDocument(Swagger):  # type: ignore[misc]
    """Flasgger's pages over the document of the catalogue that is in force when they are asked for."""

    def get_apispecs(self, endpoint: str = "") -> dict[str, Any]:
        """The document."""
        # why: the application itself, as the proxy would not find what is kept for it.
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        return document(app, catalogue_in_force(), request.script_root)


@lru_cache(maxsize=4)
def document(app: Flask, catalogue: Catalogue, root: str = "") -> dict[str, Any]:
    """The OpenAPI document of an application's API routes under a catalogue, within its context.

    `root` is the prefix below which the service is reached.
    """
    spec = APISpec(
        title="creditapp",
        version="1",
        openapi_version="3.1.0",
        info={
            "description": DESCRIPTION.format(root=root),
            "x-catalogue": {
                "name": catalogue.name,
                "version": catalogue.version,
                "fingerprint": catalogue.fingerprint,
            },
        },
        servers=[{"url": root or "/"}],
        plugins=[MarshmallowPlugin()],
    )
    if current_settings().production:
        spec.components.security_scheme("key", KEY)
    spec.components.schema("Problem", schema=answers.ProblemSchema)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            declared = operation_of(app.view_functions[rule.endpoint])
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            operations = {
                method.lower(): _describe(declared, rule, catalogue) for method in methods
            }
            spec.path(path=PATH_PARAMETER.sub(r"{\1}", rule.rule), operations=operations)
    return spec.to_dict()


def _describe(declared: Operation, rule: Rule, catalogue: Catalogue) -> dict[str, Any]:
    is_guarded = access_of(rule.endpoint) != ANYONE
    answer = _content("OK", "application/json", declared.answer, declared.answer_example)
    statuses = declared.statuses(is_guarded=is_guarded)
    responses = {"200": answer, **{str(status): _problem(status, catalogue) for status in statuses}}
    if declared.unavailable:
        content = {**answer["content"], **responses["503"]["content"]}
        responses["503"] = {"description": declared.unavailable, "content": content}
    described: dict[str, Any] = {
        "summary": declared.summary,
        "tags": [declared.tag],
        "responses": responses,
    }
    if is_guarded and current_settings().production:
        described["security"] = [{"key": []}]
    if declared.body:
        media = describe_body(declared.body, catalogue, current_settings().max_batch)
        described["requestBody"] = {"required": True, "content": {"application/json": media}}
    parameters = [_path_parameter(name) for name in PATH_PARAMETER.findall(rule.rule)]
    if declared.query:
        parameters.append({"in": "query", "schema": declared.query})
    if declared.once:
        parameters.append(KEY_OF_REQUEST)
        answer["headers"] = REPLAYED_HEADER
    if parameters:
        described["parameters"] = parameters
    return described


def _path_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "format": "uuid"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _problem(status: int, catalogue: Catalogue) -> dict[str, Any]:
    example = {**PROBLEM, "status": status, "title": TITLES[status]}
    if status == 422:
        first = catalogue.features[0]
        example["errors"] = {first.name: [f"null is not accepted; accepted is {first.accepted}."]}
    else:
        example["detail"] = PROBLEMS[status]
    return _content(PROBLEMS[status], "application/problem+json", "Problem", example)


def _content(description: str, media_type: str, schema: Any, example: object) -> dict[str, Any]:
    shown_example = {} if example is None else {"example": example}
    return {
        "description": description,
        "content": {media_type: {"schema": schema, **shown_example}},
    }


def _flasgger_config() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "headers": [],
        "specs": [
            {"endpoint": "openapi", "route": DOCUMENT_PATH, "rule_filter": lambda _rule: False}
        ],
        "static_url_path": "/flasgger_static",
        "specs_route": "/apidocs",
        "title": "creditapp API",
    }
