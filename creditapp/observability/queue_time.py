"""How long a request waited for a worker: from the moment that the proxy in front wrote down until now."""

import re
import time

from flask import Request

from creditapp.observability import metrics

HEADER = "X-Request-Start"
WRITTEN = re.compile(r"t=(\d{1,12}\.\d{3})")
"""Seconds since 1970, as nginx writes them."""

LONGEST = 600.0
"""No proxy waits longer; more seconds are those of a wrong clock."""

CLOCK_SKEW = 1.0
"""How many seconds the proxy's clock may be ahead of ours."""


def waited_seconds(header: str, now: float) -> float | None:
    """The seconds since the moment in a header; none if it holds no moment, or an absurd one."""
    written = WRITTEN.fullmatch(header)
    if not written:
        return None
    seconds = now - float(written[1])
    return max(seconds, 0.0) if -CLOCK_SKEW <= seconds <= LONGEST else None


def observe(asked: Request) -> None:
    """Observe a request that came through a trusted proxy; the headers of others are dropped before."""
    header = asked.headers.get(HEADER)
    seconds = waited_seconds(header, time.time()) if header else None
    if seconds is not None:
        metrics.note_queue_time(seconds)
