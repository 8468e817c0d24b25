"""How failures are answered: with a problem document for programs, with a page for people."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

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
    CreditappError,
    LimitReached,
    NotSignedIn,
    SecondFactorMissing,
)
from creditapp.observability import logs, metrics, request_ids
from creditapp.phrases import marked
from creditapp.web import drafts
from creditapp.web.phrasing import explain, phrase_all
from creditapp.web.prefix import absolute

_KINDS: tuple[type[CreditappError], ...] = (CreditappError, *CreditappError.__subclasses__())
TITLES: dict[int, str] = {
    **{kind.status: kind.title for kind in _KINDS},
    405: marked("Method not allowed"),
    415: marked("Not JSON by its content type"),
}
"""By status: those of our exceptions, and those that only the framework raises."""

USUAL: dict[int, str] = {
    400: marked("The request cannot be read."),
    404: marked("There is nothing at this address. Check that it is typed correctly."),
    405: marked("The address does not accept this method."),
    413: marked("The body is larger than the service accepts; send less at once."),
    415: marked("The service does not accept this content type."),
}
"""What is said where the framework has only its own English text."""

FOR_PROGRAMS = ("metrics.show", "flasgger.openapi")


def init_app(app: Flask) -> None:
    """Answer every exception."""
    app.register_error_handler(CreditappError, _answer_expected)
    app.register_error_handler(LimitReached, _answer_limit)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def _answer_expected(error: CreditappError) -> Response:
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer_unexpected(error)
    if isinstance(error, NotSignedIn) and _is_for_people():
        return _redirect_to_sign_in()
    if isinstance(error, SecondFactorMissing) and _is_for_people():
        return make_response(redirect(url_for("second_factor.overview")))
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        logs.note_failure(error, is_expected=True)
    response = _answer(
        error.status, explain(error), type(error).__name__, error.type, _members(error)
    )
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, SecurityError):
        return _answer_unknown_host()
    if status < 400:
        return make_response(error)
    response = _answer(status, _detail(error), type(error).__name__)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _answer_limit(error: LimitReached) -> Response:
    response = _answer(error.status, explain(error), type(error).__name__)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _answer_unknown_host() -> Response:
    """A problem document, also for people: without a trusted host name no page can be built."""
    detail = gettext("the service does not answer to this host name; see CREDITAPP_TRUSTED_HOSTS")
    response = _problem(400, TITLES[400], detail)
    response.status_code = 400
    return response


def _answer_unexpected(error: Exception) -> Response:
    logs.note_failure(error, is_expected=False)
    detail = gettext("Something went wrong; the log has the details under the request id.")
    return _answer(500, detail, "InternalError")


def _detail(error: HTTPException) -> str:
    if isinstance(error, CSRFError):
        return str(gettext("The form has expired. Reload the page and try again."))
    if error.description == type(error).description and error.code in USUAL:
        return str(gettext(USUAL[error.code]))
    return str(gettext(error.description)) if error.description else ""


def _members(error: CreditappError) -> dict[str, object]:
    """The members of the problem document, with the texts about wrong fields in the reader's language."""
    members = error.members
    return {**members, "errors": phrase_all(members["errors"])} if "errors" in members else members


def _is_for_people() -> bool:
    """Whether a person makes the request: not to the API, its document or the metrics, and without a key."""
    if "Authorization" in request.headers:
        return False
    return not request.path.startswith("/api/") and request.endpoint not in FOR_PROGRAMS


def _redirect_to_sign_in() -> Response:
    wanted = absolute(request.full_path.rstrip("?")) if request.method == "GET" else None
    if request.endpoint == "scoring.score":
        wanted = drafts.keep_posted()
    return make_response(redirect(url_for("account.sign_in", next=wanted)))


def _answer(
    status: int,
    detail: str,
    kind: str,
    problem_type: str = "about:blank",
    members: Mapping[str, object] = MappingProxyType({}),
) -> Response:
    title = TITLES.get(status, marked("Error"))
    if _is_for_people():
        response = _page(status, title, detail)
    else:
        metrics.count_error(str(request.url_rule or "unknown"), kind)
        response = _problem(status, title, detail, problem_type, members)
    response.status_code = status
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="creditapp"'
    return response


def _problem(
    status: int,
    title: str,
    detail: str,
    problem_type: str = "about:blank",
    members: Mapping[str, object] = MappingProxyType({}),
) -> Response:
    response = jsonify(
        {
            "type": absolute(problem_type) if problem_type.startswith("/") else problem_type,
            "title": gettext(title),
            "status": status,
            "detail": detail,
            "request_id": request_ids.current(),
            **members,
        }
    )
    response.content_type = "application/problem+json"
    return response


def _page(status: int, title: str, detail: str) -> Response:
    """A page that needs neither the database nor a session."""
    return Response(
        render_template(
            "error.html",
            status=status,
            title=gettext(title),
            detail=detail,
            request_id=request_ids.current(),
        )
    )
