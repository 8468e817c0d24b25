"""The home page: what waits for a person, what changed, and how it goes, by what they may see."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, render_template
from flask_login import current_user

from creditapp.decisions import own, reviews
from creditapp.exceptions import ModelUnavailable
from creditapp.identity import at_a_glance, proposals
from creditapp.identity.at_a_glance import MOST_NAMES
from creditapp.identity.proposals import Kind
from creditapp.policy import versions as policy_versions
from creditapp.seals import status
from creditapp.serving import cache as model_cache
from creditapp.serving import deployments
from creditapp.settings.current import current_settings
from creditapp.settings.time_zones import zone_of
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.chart_files import addresses_of, find_file
from creditapp.web.charts import Chart
from creditapp.web.pages.home_charts import draw_charts

blueprint = Blueprint("home", __name__)

DAYS_OF_REFUSALS = 7
MOST_CHANGES = 5


@blueprint.get("/home")
@open_to(OFFICERS)
def overview() -> str | Response:
    """Show what waits, what changed, and how it goes; or a chart of it as a file."""
    rate_limits.spend_reading()
    now = datetime.now(UTC)
    charts = _charts(now) if access.may("performance.overview") else None
    if file := find_file(charts or {}):
        return file
    since = at_a_glance.find_sign_in_before(current_user.person_id, current_user.token_digest)
    context = {
        "queue": own.look_at_queue(),
        **_made_today(now),
        "since": since,
        "policies": _policies_since(since, now) if since else [],
        "deployments": _deployments_since(since) if since else [],
        **(_for_analysts(charts) if charts is not None else {}),
        **(_for_admins(now) if access.may("account.events") else {}),
    }
    return render_template("home.html", **context)


def _made_today(now: datetime) -> dict[str, Any]:
    """The decisions that the person made today, where the lender is."""
    there = now.astimezone(zone_of(current_settings().time_zone))
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    made = own.find_made(access.current().label, midnight)
    return {
        "made": made,
        "reviewed": reviews.find_newest([one.decision_id for one in made]),
        "most_made": own.MOST_SHOWN,
    }


def _policies_since(since: datetime, now: datetime) -> list[Any]:
    begun = (one for one in policy_versions.history() if since < one.begins_at <= now)
    return _first(begun)


def _deployments_since(since: datetime) -> list[Any]:
    newest = deployments.history(limit=MOST_CHANGES)
    return _first(one for one in newest if one.deployed_at > since)


def _first(changes: Iterable[Any]) -> list[Any]:
    return list(changes)[:MOST_CHANGES]


def _charts(now: datetime) -> dict[str, Chart]:
    """The charts by name; without a served model there are none."""
    try:
        return draw_charts(model_cache.current(), now)
    except ModelUnavailable:
        return {}


def _for_analysts(charts: dict[str, Chart]) -> dict[str, Any]:
    waiting = {kind: len(proposals.find_open(kind)) for kind in Kind}
    return {"proposals": waiting, "charts": charts, "files": addresses_of(charts)}


def _for_admins(now: datetime) -> dict[str, Any]:
    names = at_a_glance.find_without_second_factor()
    return {
        "refusals": at_a_glance.count_refusals(now - timedelta(days=DAYS_OF_REFUSALS)),
        "refusal_days": DAYS_OF_REFUSALS,
        "last_sealed": status.last_sealed(),
        "without_factor": names[:MOST_NAMES],
        "more_without_factor": len(names) > MOST_NAMES,
    }
