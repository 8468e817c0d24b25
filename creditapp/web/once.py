"""Requests with an `Idempotency-Key`: a repeat gets the first answer and does nothing again.

The header is that of the IETF's draft: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import logging
from collections.abc import Callable
from functools import wraps
from uuid import uuid4

from flask import Flask, Response, g, request

from creditapp.decisions import once
from creditapp.decisions.once import Claim
from creditapp.exceptions import AnsweredMeanwhile, BadKey, DatabaseUnavailable
from creditapp.observability import request_ids
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web import access

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
LONGEST_NAME = 64
NOT_SENT = ("csrf_token", "repeat")
"""The fields of a form that tell nothing of the application."""

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Let forms name the request that they send."""
    app.jinja_env.globals["new_name"] = lambda: uuid4().hex


def decided_once(view: Callable[[], Response]) -> Callable[[], Response]:
    """Answer a repeat with the first answer, for a view that keeps its answer with its decisions."""

    @wraps(view)
    def answer() -> Response:
        g.claim = claim = _claim_of_request()
        if claim is None:
            return view()
        if kept := once.find_answer(claim):
            return _replay(kept)
        try:
            return view()
        except AnsweredMeanwhile:
            return _replay(once.find_answer(claim) or b"")

    return answer


def done_once(view: Callable[[], Response]) -> Callable[[], Response]:
    """Answer a repeat with the first answer, for a view that records no decision."""

    @wraps(view)
    def answer() -> Response:
        claim = _claim_of_request()
        if claim is None:
            return view()
        if kept := once.find_answer(claim):
            return _replay(kept)
        once.begin(claim)
        try:
            response = view()
        except Exception:
            _abandon(claim)
            raise
        once.finish(claim, response.get_data())
        return response

    return answer


def current_claim() -> Claim | None:
    """The claim of the current request; none if it has no key."""
    claim: Claim | None = g.claim
    return claim


def form_claim() -> Claim | None:
    """The claim of a form that was sent; none if the page gave it no name.

    What was sent is part of the key: a page that is opened again with the browser's Back, and sent with
    other answers, is another request.
    """
    name = request.form.get("once", "")
    if not 0 < len(name) <= LONGEST_NAME:
        return None
    sent = sorted((field, text) for field, text in request.form.items() if field not in NOT_SENT)
    digest = hashlib.sha256(repr(sent).encode()).hexdigest()
    return _claim(f"form:{digest}", digest.encode())


def _claim_of_request() -> Claim | None:
    header = request.headers.get(HEADER)
    if header is None:
        return None
    return _claim(_parse_key(header), request.path.encode() + b"\n" + request.get_data())


def _claim(key: str, content: bytes) -> Claim:
    return Claim(
        client=access.current().label[:100],
        key=key,
        request_digest=hashlib.sha256(content).hexdigest(),
        request_id=request_ids.current(),
        hours=current_settings().idempotency_hours,
    )


def _parse_key(header: str) -> str:
    """The key; the draft writes it in quotation marks, and many clients do not."""
    is_quoted = len(header) > 1 and header[0] == header[-1] == '"'
    key = header[1:-1] if is_quoted else header
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise BadKey(
            marked("%(header)s must have 1 to %(longest)s printable ASCII characters"),
            header=HEADER,
            longest=LONGEST_KEY,
        )
    return key


def _replay(kept: bytes) -> Response:
    return Response(kept, content_type="application/json", headers={REPLAYED: "true"})


def _abandon(claim: Claim) -> None:
    """Let the request be sent again at once; if the database does not answer, after some minutes."""
    try:
        once.abandon(claim)
    except DatabaseUnavailable as error:
        log.error(
            "a failed request with a key is not forgotten: %r", error.__cause__, extra=MAY_REPEAT
        )
