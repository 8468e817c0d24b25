"""A failure that repeats itself is written whole once a minute, so that an outage does not fill the log."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Hashable
from dataclasses import dataclass

SECONDS = 60
"""How long a failure is known after it was written whole."""

MAY_REPEAT = {"may_repeat": True}
"""Marks a line, by `extra`, that says nothing new when it is written again within a minute."""


@dataclass
class _Written:
    """When a failure was written whole, and how often it came since."""

    at: float
    since: int = 0


class FirstThenCount(logging.Filter):
    """Writes a traceback once a minute, and lines that may repeat once a minute, with the number left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._written: dict[Hashable, _Written] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Take a known traceback off its line; drop a line that may repeat and was written lately."""
        may_repeat = record.__dict__.pop("may_repeat", False)
        if not (may_repeat or record.exc_info):
            return True
        left_out = self._left_out(_place(record))
        if left_out is None:
            record.exc_info = record.exc_text = None
            return not may_repeat
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more since the last such line)"
            record.args = ()
        return True

    def _left_out(self, place: Hashable) -> int | None:
        """How often the failure came since it was written whole; none if it was written lately."""
        now = self._clock()
        with self._lock:
            known = self._written.get(place)
            if known and now - known.at < SECONDS:
                known.since += 1
                return None
            self._written[place] = _Written(now)
            return known.since if known else 0


def _place(record: logging.LogRecord) -> Hashable:
    """What makes two failures the same: the place in the code that raised or wrote them."""
    kind, _, trace = record.exc_info or (None, None, None)
    steps = list(traceback.walk_tb(trace))
    if not steps:
        return record.name, record.msg
    frame, line = steps[-1]
    return kind, frame.f_code.co_filename, line
