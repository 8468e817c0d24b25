"""Lets each worker parse and check one large body at a time: several could take its memory together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from creditapp.exceptions import WorkerBusy
from creditapp.phrases import marked

LARGE = 1_000_000
"""Bytes from which a body waits for its turn; a parsed body takes up to ten times as many."""
SECONDS_TO_WAIT = 30.0

_turn = threading.Lock()


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait until no other large body of this worker is parsed and checked; a small one does not wait.

    Nothing is slower for it: the interpreter runs one thread at a time anyway.

    Raises:
        WorkerBusy: others took too long.
    """
    if len(request.get_data()) < LARGE:
        yield
        return
    if not _turn.acquire(timeout=SECONDS_TO_WAIT):
        raise WorkerBusy(
            marked("other large requests are being read; send it again in some seconds")
        )
    try:
        yield
    finally:
        _turn.release()
