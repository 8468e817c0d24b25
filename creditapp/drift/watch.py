"""The drift check: compares recent decisions with the training population, at regular intervals."""

import math
import time
from datetime import UTC, datetime

from creditapp.drift import keeping
from creditapp.drift.look import Look
from creditapp.drift.measures import Measure
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache

SECONDS_BETWEEN_WEEKS = 1
"""After a start many weeks may be missing; the worker has requests to answer meanwhile."""


def export(look: Look) -> None:
    """Set the gauges of the indices; with too few cases, set them to NaN."""
    found: dict[str, dict[str, tuple[float, float]]] = {one.value: {} for one in Measure}
    for drift in look.drifts:
        index = drift.index if look.is_enough else math.nan
        found[drift.measure][drift.name] = index, drift.shifted_over
    metrics.note_drift(look.cases, found[Measure.PSI], found[Measure.KS])


def refresh() -> None:
    """Look at the recent days, set the gauges, and look at the weeks that are not settled.

    Raises:
        ModelUnavailable: no model is served.
        DatabaseUnavailable: the decisions cannot be read, or a look cannot be kept.
    """
    served, now = model_cache.current(), datetime.now(UTC)
    export(keeping.look_again(served, now))
    for _ in keeping.look_at_weeks(served, now):
        time.sleep(SECONDS_BETWEEN_WEEKS)
