"""The drift check: compares recent decisions with the training population, at regular intervals."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from creditapp.applications.catalogue import Catalogue
from creditapp.decisions import log as decision_log
from creditapp.drift import psi
from creditapp.drift.psi import Drift
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache

DAYS = 30
MOST_CASES = 10_000
"""Only the newest cases are compared: more take longer and change the indices little."""


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


def refresh() -> None:
    """Look, and set the gauges.

    Raises:
        ModelUnavailable: no model is served.
        DatabaseUnavailable: the decisions cannot be read.
    """
    export(look())
