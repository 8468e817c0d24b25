"""The export of a filtered list: CSV is streamed; Parquet is written by a command, as PyArrow is large."""

import logging
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from flask import Blueprint, Response, request, stream_with_context
from flask_babel import gettext

from creditapp.decisions import exported
from creditapp.decisions.exported import ExportedRow
from creditapp.decisions.filters import Filters
from creditapp.decisions.search import MOST_EXPORTED, SEARCH_VARIABLE
from creditapp.exceptions import ExportRefused
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked
from creditapp.settings import child_commands
from creditapp.spreadsheets import csv_parts
from creditapp.web import access, rate_limits
from creditapp.web.access import ANALYSTS, open_to
from creditapp.web.pages.decision_filters import FilterForm
from creditapp.web.pages.decisions import list_page

log = logging.getLogger(__name__)

blueprint = Blueprint("decision_exports", __name__)

SECONDS = 90
"""How long the command may take."""
AT_ONCE = 1 << 16
"""How many bytes of a file are sent at a time."""
TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

BUSY = marked("another export is under way; nothing was exported")
FAILED = marked("the file could not be written; nothing was exported")

_exporting = threading.Lock()
"""One export at a time in each process: it keeps a thread busy for seconds."""


@blueprint.post("/decisions/export")
@open_to(ANALYSTS)
def export() -> Response | tuple[str, int]:
    """Send what is filtered as a file; that is an event."""
    rate_limits.spend_reading()
    form, kind = FilterForm(request.form), request.form.get("format", "csv")
    if not form.validate() or kind not in TYPES:
        return list_page(form), 422
    if not _exporting.acquire(blocking=False):
        raise ExportRefused(gettext(BUSY))
    try:
        content = _content(form.filters, kind, access.current_actor())
    except BaseException:
        _exporting.release()
        raise
    response = Response(content, content_type=TYPES[kind])
    name = f"decisions-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    # why: it is called even if nobody reads the answer to its end.
    response.call_on_close(_exporting.release)
    return response


def _content(filters: Filters, kind: str, actor: Actor) -> Iterator[bytes]:
    """The bytes of the file; the event is recorded before the first one."""
    if kind == "parquet":
        return _parquet(filters, actor)
    audit.record(actor, Action.DATA_EXPORTED, "decisions", exported.describe(filters, kind))
    parts = exported.rows(filters, MOST_EXPORTED)
    # why: a database that does not answer is told before the answer begins.
    first = next(parts, [])
    return stream_with_context(csv_parts(ExportedRow._fields, chain([first], parts)))


def _parquet(filters: Filters, actor: Actor) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="creditapp-export-") as folder:
        path = Path(folder) / "decisions.parquet"
        made_by = [f"--actor={actor.label}", f"--request-id={actor.request_id}"]
        _run(path, [*_options(filters), *made_by], filters.text)
        file = path.open("rb")
    # why: the name of the file is gone; its content goes when it is closed.
    return _chunks(file)


def _chunks(file: object) -> Iterator[bytes]:
    with file as opened:  # type: ignore[attr-defined]
        while chunk := opened.read(AT_ONCE):
            yield chunk


def _run(path: Path, options: list[str], text: str) -> None:
    """Run `flask export decisions`; its failures are raised again here."""
    # why: every user of the host sees the command line of a process, and only its own user the environment.
    environment = {**child_commands.child_environment(), SEARCH_VARIABLE: text}
    command = ["export", "decisions", str(path), "--format=parquet", *options]
    try:
        done = child_commands.run(command, environment, SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ExportRefused(gettext(FAILED)) from error
    if done.returncode:
        log.error("flask export decisions ended with code %s: %s", done.returncode, done.stderr)
        raise ExportRefused(gettext(FAILED))


def _options(filters: Filters) -> list[str]:
    """The filters as options of the command."""
    values = {
        "from": filters.since and filters.since.isoformat(),
        "to": filters.until and filters.until.isoformat(),
        "decision": filters.decision,
        "state": filters.state,
        "outcome": filters.outcome,
        "risk": filters.risk_level,
        "model": filters.model_version,
        "policy": filters.policy_version,
        "channel": filters.channel,
        "made-by": filters.made_by,
        "amount-from": filters.amount_from,
        "amount-to": filters.amount_to,
    }
    given = [f"--{name}={value}" for name, value in values.items() if value not in (None, "")]
    oldest = ["--oldest-first"] if filters.order.is_rising and filters.order.is_by_time else []
    return [*given, *(["--inside"] if filters.inside else []), *oldest]
