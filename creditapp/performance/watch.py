"""Makes the reports on performance anew once they are old, and sets the metrics by them."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from creditapp.observability import metrics
from creditapp.outcomes import recording
from creditapp.outcomes.judged import Wanted
from creditapp.performance import kept, report
from creditapp.performance.report import Report
from creditapp.serving import cache as model_cache

MOST_VERSIONS = 10
"""The versions with a report of their own: the newest."""


def refresh(seconds: float) -> None:
    """Make the reports anew if they are older than so many seconds or than the model; set the metrics.

    Raises:
        ModelUnavailable: no model is served.
        DatabaseUnavailable: the decisions or the reports cannot be read or written.
    """
    deployment, now = model_cache.current().deployment, datetime.now(UTC)
    found = kept.find(deployment.portfolio)
    is_new = found is not None and now - found.made_at < timedelta(seconds=seconds)
    if found is None or not is_new or found.generation != deployment.generation:
        found = make(now)[""]
    export(found)


def make(now: datetime) -> dict[str, Report]:
    """Make and keep the reports on the served portfolio: on all decisions, and on those of each version."""
    served = model_cache.current()
    portfolio = served.deployment.portfolio
    cases = report.read_cases(Wanted(portfolio), served.catalogue, now)
    reports = {"": report.make(cases, served, now)}
    versions = cases.by_record["model"]
    for version in versions.labels[-MOST_VERSIONS:] if len(versions.labels) > 1 else ():
        chosen = np.asarray(versions.places == versions.labels.index(version))
        reports[version] = report.make(cases.where(chosen), served, now)
    kept.keep(portfolio, reports)
    return reports


def export(found: Report) -> None:
    """Set the gauges by a report, and that of the newest outcome."""
    for name, one in found.recent._asdict().items():
        metrics.note_performance(name, *one)
    newest = recording.newest()
    metrics.note_newest_outcome(newest.timestamp() if newest else math.nan)
