"""The request id: the client's if it sent a valid one, else a new one; in answers, logs and decisions."""

import re

import uuid_utils
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def init_app(app: Flask) -> None:
    """Give each request an id, and each answer its header."""
    app.before_request(_assign)
    app.after_request(_answer)


def current() -> str:
    """The id of the current request."""
    if "request_id" not in g:
        _assign()
    request_id: str = g.request_id
    return request_id


def _assign() -> None:
    sent = request.headers.get(HEADER, "")
    g.request_id = sent if VALID.fullmatch(sent) else str(uuid_utils.uuid7())


def _answer(response: Response) -> Response:
    response.headers[HEADER] = current()
    return response
