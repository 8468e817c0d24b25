"""The page about reviews: officers see their own and all together, analysts see each reviewer."""

import math
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template
from flask_babel import gettext

from creditapp.decisions.review_reasons import in_words
from creditapp.identity.people import Role
from creditapp.serving import cache as model_cache
from creditapp.simulation import review_report
from creditapp.simulation.costs import Costs
from creditapp.simulation.review_report import Limits, Month, ReviewReport
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.chart_files import addresses_of, find_file
from creditapp.web.charts import LineChart, Point, Series
from creditapp.web.writing import figure

blueprint = Blueprint("reviewers", __name__)

LIMITS = Limits(reviews=2_500, mature=1_000)
"""The newest; a page must not read all of a long log."""


@blueprint.get("/performance/reviews")
@open_to(OFFICERS)
def overview() -> str | Response:
    """Show what reviewers decide, what became of it, how long it takes, and what it is worth."""
    rate_limits.spend_reading()
    served = model_cache.current()
    performance, now = served.catalogue.performance, datetime.now(UTC)
    report = review_report.look(served.deployment.portfolio, performance, now, LIMITS)
    shown = report if _sees_all() else report.only(access.current_actor().label[:100])
    charts = {"approvals": _approvals_chart(shown), "queue": _queue_chart(report)}
    if file := find_file(charts):
        return file
    costs = Costs()
    context = {
        "report": report,
        "shown": shown,
        "sees_all": shown is report,
        "reasons": [(in_words(part.name or None), part) for part in shown.reasons],
        "waiting": now - report.waiting_since if report.waiting_since else None,
        "performance": performance,
        "limits": LIMITS,
        "worth": report.worth(costs),
        "costs": costs,
        "charts": charts,
        "files": addresses_of(charts),
        "hours": hours,
    }
    return render_template("reviewers.html", **context)


def hours(time: timedelta) -> str:
    """A time in hours, with its unit."""
    return _write_hours(time / timedelta(hours=1))


def _sees_all() -> bool:
    role = access.current().role
    return role is not None and role.includes(Role.ANALYST)


def _approvals_chart(report: ReviewReport) -> LineChart:
    """The share of referrals that reviews approved, by month."""
    months = report.months
    shares = [month.overrides.referrals_approved for month in months]
    points = [Point(one.value, *one.interval) if one.total else Point() for one in shares]
    return LineChart(
        gettext("Share of reviewed referrals that were approved, by month"),
        gettext("Month"),
        [month.name for month in months],
        [Series(gettext("Referrals approved"), points)],
        lambda value: figure("%.0f%%", 100 * value),
    )


def _queue_chart(report: ReviewReport) -> LineChart:
    """The time from a referral to its first review, by month."""
    months = report.months
    return LineChart(
        gettext("Time from a referral to its first review, by month of the review"),
        gettext("Month"),
        [month.name for month in months],
        [
            Series(gettext("median"), [Point(_waited(month, "median")) for month in months]),
            Series(
                gettext("90th percentile"), [Point(_waited(month, "ninetieth")) for month in months]
            ),
        ],
        _write_hours,
    )


def _waited(month: Month, what: str) -> float:
    """The hours of a month; NaN where no referral was reviewed."""
    return getattr(month.queue, what) / timedelta(hours=1) if month.queue else math.nan


def _write_hours(number: float) -> str:
    return figure("%.1f h", number)
