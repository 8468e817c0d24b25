"""Logs: one line per event, whatever the input contains; JSON in production, readable in development."""

import logging
import time
from typing import Any

from flask import Request, Response, g, has_request_context
from pythonjsonlogger.orjson import OrjsonFormatter

from creditapp.observability import request_ids

log = logging.getLogger(__name__)

FIELDS = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


class InRequest(logging.Filter):
    """Adds the request id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the request id, or a dash outside a request; drop nothing."""
        record.request_id = request_ids.current() if has_request_context() else "-"
        return True


class WithoutTheRequest(logging.Filter):
    """Removes the quoted line of a malformed request, as it may contain a key or a name."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the text of such a record; drop nothing."""
        if str(record.msg).startswith("Invalid request"):
            record.msg, record.args = "a request that is not HTTP was refused", ()
        return True


class InUtc(logging.Formatter):
    """Writes times in UTC, and says so: hosts and containers have clocks of different zones."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


class JsonLine(InUtc, OrjsonFormatter):
    """Formats a record as one line of JSON."""


class OneLine(InUtc):
    """Formats a record as one readable line; line breaks and control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, then escape it to one line."""
        return super().format(record).replace("\n", " | ").translate(CONTROL_CHARACTERS)


def config(*, production: bool) -> dict[str, Any]:
    """The configuration of all loggers of a serving process, for `logging.config.dictConfig`."""
    json_lines = {"()": "creditapp.observability.logs.JsonLine", "format": FIELDS}
    readable = {"()": "creditapp.observability.logs.OneLine", "format": FIELDS}
    output = {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.stderr",
        "formatter": "line",
        "filters": ["in_request", "first_then_count"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "in_request": {"()": "creditapp.observability.logs.InRequest"},
            "first_then_count": {"()": "creditapp.observability.repetitions.FirstThenCount"},
            "without_the_request": {"()": "creditapp.observability.logs.WithoutTheRequest"},
        },
        "formatters": {"line": json_lines if production else readable},
        "handlers": {"output": output},
        "loggers": {
            "alembic": {"level": "WARNING"},
            "gunicorn.error": {
                "level": "INFO",
                "handlers": ["output"],
                "filters": ["without_the_request"],
                "propagate": False,
            },
        },
        "root": {"level": "INFO", "handlers": ["output"]},
    }


def skip_unused_fields() -> None:
    """Do not look up the file, thread and process of each record: no line shows them.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def note_failure(error: Exception, *, is_expected: bool) -> None:
    """Let the line of this request say why it failed; where nobody expected that, with a traceback."""
    text = f"{error}: {error.__cause__!r}" if is_expected else f"unexpected error: {error!r}"
    g.failure = (text, None if is_expected else error)


def start() -> None:
    """Note when a request began."""
    g.started = time.perf_counter()


def note(asked: Request, response: Response) -> None:
    """Log a request by its route, never by its path or query: these may contain personal data."""
    started = g.get("started", time.perf_counter())
    event = {
        "method": asked.method if asked.url_rule else "-",
        "route": str(asked.url_rule or "unknown"),
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        "who": _who(),
    }
    line = " ".join(str(value) for value in event.values())
    text, traceback_of = g.pop("failure", (None, None))
    if text is None:
        log.info(line, extra=event)
    else:
        log.error("%s: %s", line, text, extra={**event, "failure": text}, exc_info=traceback_of)


def _who() -> str:
    """The id of a key; for a person, not the name."""
    label: str = getattr(g.get("principal"), "label", "-")
    return "person" if label.startswith("person:") else label
