"""One table from what went wrong to the answer: a problem document for programs, a page for people."""

import logging
from typing import Any

from flask import (
    Flask,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from creditapp.exceptions import (
    BadPolicy,
    BadReview,
    BatchTooLarge,
    CannotReplay,
    ChangeUnderWay,
    DecisionLogUnavailable,
    InvalidApplication,
    LimitReached,
    ModelUnavailable,
    NoNotice,
    NotAllowed,
    NothingToChange,
    NotSignedIn,
    NotStrictJson,
    PolicyChanged,
    RefusedModel,
    RegistryUnavailable,
    ReviewedMeanwhile,
    UnknownDecision,
)
from creditapp.observability import metrics, request_ids
from creditapp.phrases import marked

log = logging.getLogger(__name__)

STATUS: dict[type[Exception], int] = {
    NotStrictJson: 400,
    NotSignedIn: 401,
    NotAllowed: 403,
    UnknownDecision: 404,
    RefusedModel: 409,
    CannotReplay: 409,
    NothingToChange: 409,
    NoNotice: 409,
    PolicyChanged: 409,
    ReviewedMeanwhile: 409,
    BadPolicy: 422,
    BadReview: 422,
    BatchTooLarge: 413,
    InvalidApplication: 422,
    ModelUnavailable: 503,
    DecisionLogUnavailable: 503,
    RegistryUnavailable: 503,
    ChangeUnderWay: 503,
}
TITLES = {
    400: marked("Bad request"),
    401: marked("Not signed in"),
    403: marked("Not allowed"),
    404: marked("Not found"),
    405: marked("Method not allowed"),
    409: marked("Conflict"),
    413: marked("Too large"),
    415: marked("Not JSON by its content type"),
    422: marked("Invalid input"),
    429: marked("Too many requests"),
    500: marked("Internal error"),
    503: marked("Not available"),
}
RETRY_AFTER_SECONDS = "5"
FOR_PROGRAMS = ("metrics.show", "flasgger.openapi")


def init_app(app: Flask) -> None:
    """Answer everything that can be raised."""
    for kind in STATUS:
        app.register_error_handler(kind, _expected)
    app.register_error_handler(LimitReached, _limited)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: Exception) -> Response:
    status = STATUS[type(error)]
    if status == 401 and _is_page():
        return _to_sign_in()
    if status == 503:
        log.error("%s: %r", error, error.__cause__)
    return _answer(status, str(error), type(error).__name__, getattr(error, "errors", None))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, SecurityError):
        return _to_another_host()
    if status < 400:
        return make_response(error)
    response = _answer(status, _detail(error), type(error).__name__)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _limited(error: LimitReached) -> Response:
    detail = gettext("The limit is %(limit)s.", limit=str(error))
    response = _answer(429, detail, type(error).__name__)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _to_another_host() -> Response:
    """Under a name that is not ours no address can be built, and so no page."""
    response = _problem(400, TITLES[400], "the service is not called by this name", None)
    response.status_code = 400
    return response


def _detail(error: HTTPException) -> str:
    if isinstance(error, CSRFError):
        return str(gettext("The form is too old; please load the page again."))
    return error.description or ""


def _is_page() -> bool:
    """Whether a person asks; programs ask the API, for its description, for metrics, or with a key."""
    if "Authorization" in request.headers:
        return False
    return not request.path.startswith("/api/") and request.endpoint not in FOR_PROGRAMS


def _to_sign_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return make_response(redirect(url_for("account.sign_in", next=wanted)))


def _unexpected(_error: Exception) -> Response:
    log.exception("unexpected error")
    detail = gettext("Something went wrong here; it was noted under the request id.")
    return _answer(500, detail, "InternalError")


def _answer(status: int, detail: str, kind: str, errors: object = None) -> Response:
    title = TITLES.get(status, "Error")
    if not _is_page():
        metrics.count_error(str(request.url_rule or "unknown"), kind)
        response = _problem(status, title, detail, errors)
    else:
        response = _page(status, title, detail)
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="creditapp"'
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
