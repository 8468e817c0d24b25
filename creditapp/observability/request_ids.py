"""One identifier per request: the client's own where it sent a sound one, in answers, logs and decisions."""

import re

import uuid_utils
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
SOUND = re.compile(r"[A-Za-z0-9._-]{1,64}")


def init_app(app: Flask) -> None:
    """Give each request its identifier and each answer its header."""
    app.before_request(_assign)
    app.after_request(_answer)


def current() -> str:
    """The identifier of the request at hand."""
    if "request_id" not in g:
        _assign()
    request_id: str = g.request_id
    return request_id


def _assign() -> None:
    sent = request.headers.get(HEADER, "")
    g.request_id = sent if SOUND.fullmatch(sent) else str(uuid_utils.uuid7())


def _answer(response: Response) -> Response:
    response.headers[HEADER] = current()
    return response
