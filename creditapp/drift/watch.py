"""Watching the population: recent decisions against what the served model knows, now and then."""

import fcntl
import logging
import math
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask

from creditapp.decisions import log as decision_log
from creditapp.drift import psi
from creditapp.drift.psi import Drift
from creditapp.exceptions import CreditappError
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache

log = logging.getLogger(__name__)

DAYS = 30
MOST_CASES = 10_000
"""The newest of them: more would tell little more, and take long."""

SECONDS_TO_THE_FIRST_LOOK = 5  # the model is loaded by then


@dataclass(frozen=True)
class Report:
    """The indices of one look: which model, over how many days, from how many cases."""

    model_version: str
    days: int
    cases: int
    drifts: list[Drift]


def look(days: int = DAYS) -> Report:
    """Compare the served model's recent decisions with its own population.

    Raises:
        ModelUnavailable: there is no model to compare with.
        DatabaseUnavailable: the decisions cannot be read.
    """
    served = model_cache.current()
    moment = datetime.now(UTC) - timedelta(days=days)
    generation = served.deployment.generation
    columns, scores = decision_log.find_scored_answers(moment, generation, MOST_CASES)
    known = served.metadata
    drifts = psi.compare(columns, scores, known.population, known.score_population)
    return Report(served.model_version, days, len(scores), drifts)


def export(report: Report) -> None:
    """Show the indices as gauges; with too few cases they are no numbers, whatever they were before."""
    enough = report.cases >= psi.FEWEST_CASES
    indices = {
        one.name: (one.index if enough else math.nan, one.shifted_from) for one in report.drifts
    }
    metrics.note_drift(report.cases, indices)


def watch(app: Flask, metrics_folder: str) -> None:
    """Look every few minutes, in a thread of one worker of this host: whichever holds the lock."""
    arguments = (app, metrics_folder)
    threading.Thread(target=_watch_for_ever, args=arguments, daemon=True).start()


def _watch_for_ever(app: Flask, metrics_folder: str) -> None:
    lock = os.open(metrics_folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    pause = threading.Event()
    pause.wait(SECONDS_TO_THE_FIRST_LOOK)
    with app.app_context():
        while True:
            try:
                export(look())
            except CreditappError as error:
                log.warning("no look at the population: %s", error)
            except Exception:  # the next look may succeed
                log.exception("looking at the population failed")
            pause.wait(app.config["SETTINGS"].drift_seconds)
