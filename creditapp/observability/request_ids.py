"""The request id: the client's if it sent a valid one, else a new one; in answers, logs and decisions."""

import re

import uuid_utils
from flask import Request, Response, g, request

HEADER = "X-Request-ID"
VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current() -> str:
    """The id of the current request."""
    request_id: str | None = g.get("request_id")
    return request_id or assign(request)


def assign(asked: Request) -> str:
    """Give a request its id."""
    sent = asked.headers.get(HEADER, "")
    request_id = sent if sent and VALID.fullmatch(sent) else str(uuid_utils.uuid7())
    g.request_id = request_id
    return request_id


def answer(response: Response) -> None:
    """Give an answer the header."""
    response.headers[HEADER] = current()
