"""Work that one worker of a host does at regular intervals, beside its requests."""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Mapping

from flask import Flask

from creditapp.exceptions import CreditappError
from creditapp.observability.repetitions import MAY_REPEAT

log = logging.getLogger(__name__)

SECONDS_BEFORE_FIRST_TIME = 5
"""Long enough for the worker to load its model."""

Works = Mapping[str, Callable[[], None]]


def watch(app: Flask, metrics_folder: str, works: Works, seconds: float) -> None:
    """Start a thread that does each of some works, by their names, every few seconds.

    Only the worker of this host that holds the lock on `metrics_folder` does them.
    """
    arguments = (app, metrics_folder, works, seconds)
    threading.Thread(target=_work_for_ever, args=arguments, daemon=True).start()


def _work_for_ever(app: Flask, metrics_folder: str, works: Works, seconds: float) -> None:
    lock = os.open(metrics_folder, os.O_RDONLY)
    # why: blocks until the worker that holds the lock ends; then this one takes over.
    fcntl.flock(lock, fcntl.LOCK_EX)
    pause = threading.Event()
    pause.wait(SECONDS_BEFORE_FIRST_TIME)
    with app.app_context():
        while True:
            for name, work in works.items():
                _try(name, work)
            pause.wait(seconds)


def _try(name: str, work: Callable[[], None]) -> None:
    try:
        work()
    except CreditappError as error:
        log.warning("the %s failed; trying again: %s", name, error, extra=MAY_REPEAT)
    except Exception:
        # why: the next time may succeed.
        log.exception("the %s failed; trying again", name)
