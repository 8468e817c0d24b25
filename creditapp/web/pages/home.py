"""The home page: what waits for a person, what changed, and how it goes, by what they may see."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext
from flask_login import current_user

from creditapp.decisions import own, reviews
from creditapp.exceptions import ModelUnavailable, NotFound
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
from creditapp.web.access import ANALYSTS, OFFICERS, open_to
from creditapp.web.chart_files import KINDS, answer_with
from creditapp.web.pages.home_charts import draw_charts

blueprint = Blueprint("home", __name__)

DAYS_OF_REFUSALS = 7
MOST_CHANGES = 5


@blueprint.get("/home")
@open_to(OFFICERS)
def overview() -> str:
    """Show what waits, what changed, and how it goes."""
    rate_limits.spend_reading()
    now = datetime.now(UTC)
    since = at_a_glance.find_sign_in_before(current_user.person_id, current_user.token_digest)
    context = {
        "queue": own.look_at_queue(),
        **_made_today(now),
        "since": since,
        "policies": _policies_since(since, now) if since else [],
        "deployments": _deployments_since(since) if since else [],
        **(_for_analysts(now) if access.may("home.chart") else {}),
        **(_for_admins(now) if access.may("account.events") else {}),
    }
    return render_template("home.html", **context)


@blueprint.get("/home/<name>.<kind>")
@open_to(ANALYSTS)
def chart(name: str, kind: str) -> Response:
    """Download a chart of the home page: its figures as CSV, or its drawing as SVG."""
    rate_limits.spend_reading()
    charts = draw_charts(model_cache.current(), datetime.now(UTC))
    if name not in charts or kind not in KINDS:
        raise NotFound(gettext("There is no such chart. The home page has links to all of them."))
    return answer_with(charts[name], name, kind)


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


def _for_analysts(now: datetime) -> dict[str, Any]:
    """The open proposals and the charts; without a served model there are no charts."""
    waiting = {kind: len(proposals.find_open(kind)) for kind in Kind}
    try:
        charts = draw_charts(model_cache.current(), now)
    except ModelUnavailable:
        charts = {}
    files = {
        name: {kind: url_for("home.chart", name=name, kind=kind) for kind in KINDS}
        for name in charts
    }
    return {"proposals": waiting, "charts": charts, "files": files}


def _for_admins(now: datetime) -> dict[str, Any]:
    names = at_a_glance.find_without_second_factor()
    return {
        "refusals": at_a_glance.count_refusals(now - timedelta(days=DAYS_OF_REFUSALS)),
        "refusal_days": DAYS_OF_REFUSALS,
        "last_sealed": status.last_sealed(),
        "without_factor": names[:MOST_NAMES],
        "more_without_factor": len(names) > MOST_NAMES,
    }
