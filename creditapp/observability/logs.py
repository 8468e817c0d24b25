"""Logs: one event a line whatever the input holds, as JSON in production, readable in development."""

import logging
import time
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from creditapp.observability import request_ids

log = logging.getLogger(__name__)

FIELDS = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


class InRequest(logging.Filter):
    """Puts the request's identifier into each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with its identifier or a dash."""
        record.request_id = request_ids.current() if has_request_context() else "-"
        return True


class WithoutTheRequest(logging.Filter):
    """Keeps of a request that gunicorn could not read only what kind of fault it was.

    Gunicorn quotes the line it stumbled over, and that may be a key or a name.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the request's own words."""
        if str(record.msg).startswith("Invalid request"):
            record.msg, record.args = "a request that is not HTTP was refused", ()
        return True


class OneLine(logging.Formatter):
    """A readable line; what would break it is escaped, a traceback's lines included."""

    def format(self, record: logging.LogRecord) -> str:
        """Format as usual, and then as one line."""
        return super().format(record).replace("\n", " | ").translate(CONTROL_CHARACTERS)


def config(*, production: bool) -> dict[str, Any]:
    """The configuration of all loggers of a serving process, for `logging.config.dictConfig`."""
    json_lines = {"()": "pythonjsonlogger.orjson.OrjsonFormatter", "format": FIELDS}
    readable = {"()": "creditapp.observability.logs.OneLine", "format": FIELDS}
    output = {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.stderr",
        "formatter": "line",
        "filters": ["in_request"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "in_request": {"()": "creditapp.observability.logs.InRequest"},
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


def leave_out_what_no_line_shows() -> None:
    """Spare each record the look at where it was made, in which thread and process.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def init_app(app: Flask) -> None:
    """Note each request: by its route, never by its path or its query, which may be personal."""
    app.before_request(_start)
    app.after_request(_note)


def _start() -> None:
    g.started = time.perf_counter()


def _note(response: Response) -> Response:
    started = g.get("started", time.perf_counter())
    event = {
        "method": request.method if request.url_rule else "-",
        "route": str(request.url_rule or "unknown"),
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        "who": _who(),
    }
    log.info(" ".join(str(value) for value in event.values()), extra=event)
    return response


def _who() -> str:
    """A key by its id, a person without their name."""
    label: str = getattr(g.get("principal"), "label", "-")
    return "person" if label.startswith("person:") else label
