"""One table from what went wrong to the answer: a problem document for programs, a page for people."""

import logging
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from creditapp import metrics, request_ids
from creditapp.exceptions import (
    BatchTooLarge,
    DecisionLogUnavailable,
    InvalidApplication,
    ModelUnavailable,
    NotStrictJson,
    RefusedModel,
    RegistryUnavailable,
    UnknownDecision,
)

log = logging.getLogger(__name__)

STATUS: dict[type[Exception], int] = {
    NotStrictJson: 400,
    UnknownDecision: 404,
    RefusedModel: 409,
    BatchTooLarge: 413,
    InvalidApplication: 422,
    ModelUnavailable: 503,
    DecisionLogUnavailable: 503,
    RegistryUnavailable: 503,
}
TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Not JSON by its content type",
    422: "Invalid input",
    500: "Internal error",
    503: "Not available",
}
RETRY_AFTER_SECONDS = "5"


def init_app(app: Flask) -> None:
    """Answer everything that can be raised."""
    for kind in STATUS:
        app.register_error_handler(kind, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: Exception) -> Response:
    status = STATUS[type(error)]
    if status == 503:
        log.error("%s: %r", error, error.__cause__)
    return _answer(status, str(error), type(error).__name__, getattr(error, "errors", None))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error)
    detail = gettext("The form is too old; please load the page again.")
    if not isinstance(error, CSRFError):
        detail = error.description or ""
    response = _answer(status, detail, type(error).__name__)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(_error: Exception) -> Response:
    log.exception("unexpected error")
    detail = gettext("Something went wrong here; it was noted under the request id.")
    return _answer(500, detail, "InternalError")


def _answer(status: int, detail: str, kind: str, errors: object = None) -> Response:
    title = TITLES.get(status, "Error")
    if request.path.startswith("/api/"):
        metrics.count_error(str(request.url_rule or "unknown"), kind)
        response = _problem(status, title, detail, errors)
    else:
        response = _page(status, title, detail)
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _problem(status: int, title: str, detail: str, errors: object) -> Response:
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_ids.current(),
    }
    response = jsonify(problem if errors is None else {**problem, "errors": errors})
    response.content_type = "application/problem+json"
    return response


def _page(status: int, title: str, detail: str) -> Response:
    """A page that needs no database and no session."""
    return Response(
        render_template(
            "error.html",
            status=status,
            title=gettext(title),
            detail=gettext(detail),
            request_id=request_ids.current(),
        )
    )
