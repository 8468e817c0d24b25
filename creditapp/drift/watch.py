"""The drift check: compares recent decisions with the training population, at regular intervals."""

import fcntl
import logging
import math
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask

from creditapp.applications.catalogue import Catalogue
from creditapp.decisions import log as decision_log
from creditapp.drift import psi
from creditapp.drift.psi import Drift
from creditapp.exceptions import CreditappError
from creditapp.observability import metrics
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.serving import cache as model_cache

log = logging.getLogger(__name__)

DAYS = 30
MOST_CASES = 10_000
"""Only the newest cases are compared: more take longer and change the indices little."""

SECONDS_BEFORE_FIRST_CHECK = 5
"""Long enough for the worker to load its model."""


@dataclass(frozen=True)
class Report:
    """The result of one drift check: the model, the period in days, the number of cases and the indices."""

    model_version: str
    catalogue: Catalogue
    days: int
    cases: int
    drifts: list[Drift]


def look(days: int = DAYS) -> Report:
    """Compare the recent decisions of the served model with its training population.

    Raises:
        ModelUnavailable: no model is served.
        DatabaseUnavailable: the decisions cannot be read.
    """
    served = model_cache.current()
    since = datetime.now(UTC) - timedelta(days=days)
    generation = served.deployment.generation
    columns, scores = decision_log.find_scored_answers(
        since, generation, served.catalogue, MOST_CASES
    )
    metadata = served.metadata
    drifts = psi.compare(columns, scores, metadata.population, metadata.score_population)
    return Report(served.model_version, served.catalogue, days, len(scores), drifts)


def export(report: Report) -> None:
    """Set the gauges of the indices; with too few cases, set them to NaN."""
    enough = report.cases >= psi.FEWEST_CASES
    indices = {
        drift.name: (drift.index if enough else math.nan, drift.shifted_from)
        for drift in report.drifts
    }
    metrics.note_drift(report.cases, indices)


def watch(app: Flask, metrics_folder: str) -> None:
    """Start a thread that checks for drift every few minutes.

    Only the worker of this host that holds the lock on `metrics_folder` checks.
    """
    arguments = (app, metrics_folder)
    threading.Thread(target=_watch_for_ever, args=arguments, daemon=True).start()


def _watch_for_ever(app: Flask, metrics_folder: str) -> None:
    lock = os.open(metrics_folder, os.O_RDONLY)
    # why: blocks until the worker that holds the lock ends; then this one takes over.
    fcntl.flock(lock, fcntl.LOCK_EX)
    pause = threading.Event()
    pause.wait(SECONDS_BEFORE_FIRST_CHECK)
    with app.app_context():
        while True:
            try:
                export(look())
            except CreditappError as error:
                log.warning("the drift check failed; trying again: %s", error, extra=MAY_REPEAT)
            except Exception:
                # why: the next check may succeed.
                log.exception("the drift check failed; trying again")
            pause.wait(app.config["SETTINGS"].drift_seconds)
