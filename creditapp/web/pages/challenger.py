"""The page about the challenger: what it would have decided, and how an admin starts and stops it."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response
from wtforms.fields.choices import SelectChoice

from creditapp.challenger import assignments
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.by_outcome import compare_by_outcome
from creditapp.challenger.comparison import compare
from creditapp.challenger.judged import judged_pairs
from creditapp.challenger.verdict import FEWEST
from creditapp.exceptions import NotConfirmed, RefusedModel, RegistryUnavailable
from creditapp.policy.definition import Outcome
from creditapp.row_numbers import is_row_number
from creditapp.serving import cache as model_cache
from creditapp.serving import deployments, registry_listing, remote_commands
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import ADMINS, ANALYSTS, open_to
from creditapp.web.pages.challenger_form import LONGEST_REASON, ReasonForm, StartForm
from creditapp.web.pages.typed import shown_number
from creditapp.web.phrasing import explain

blueprint = Blueprint("challenger", __name__)

Page = str | tuple[str, int]

MOST_PAIRS = 10_000
"""The newest; a page must not read all of a long log."""

MOST_JUDGED = 5_000
"""The newest mature ones, for the same reason: each takes longer, as what was recorded of it is read too."""


@blueprint.get("/challenger")
@open_to(ANALYSTS)
def overview() -> Page:
    """Compare the last challenger, or the last with a version, with the served model, and list all."""
    rate_limits.spend_reading()
    return _page(request.args.get("version", ""))


@blueprint.post("/challenger")
@open_to(ADMINS)
def start() -> Response | Page:
    """Let a registered version score a share of the decisions in the shadow."""
    form = StartForm()
    version, share, reason = form.version.data or "", form.share, form.why
    if not is_row_number(version):
        return _page(problem=gettext("Choose a version; nothing was changed."), status=422)
    if share is None:
        problem = gettext("The share is a number above 0 and at most 100; nothing was changed.")
        return _page(problem=problem, status=422)
    if not reason:
        return _page(problem=_missing_reason(), status=422)
    try:
        confirmation.confirm()
        remote_commands.begin_challenge(version, share, reason, access.current_actor())
    except (NotConfirmed, RefusedModel, RegistryUnavailable) as error:
        return _page(problem=explain(error), status=error.status)
    flash(
        gettext(
            "Version %(version)s scores %(share)s %% of decisions too, within a second.",
            version=version,
            share=shown_number(100 * share),
        )
    )
    return redirect(url_for("challenger.overview"))


@blueprint.post("/challenger/stop")
@open_to(ADMINS)
def stop() -> Response | Page:
    """Stop the challenger; its scores stay."""
    reason = ReasonForm().why
    if not reason:
        return _page(problem=_missing_reason(), status=422)
    try:
        confirmation.confirm()
        assignments.stop(access.current_actor(), reason)
    except (NotConfirmed, RefusedModel) as error:
        return _page(problem=explain(error), status=error.status)
    flash(gettext("The challenger has stopped. Its scores are kept."))
    return redirect(url_for("challenger.overview"))


def _missing_reason() -> str:
    return str(
        gettext(
            "Give a reason of at most %(most)s printable characters; nothing was changed.",
            most=LONGEST_REASON,
        )
    )


def _page(version: str = "", problem: str = "", status: int = 200) -> Page:
    challenger = assignments.newest(version)
    if version and challenger is None:
        abort(404)
    context = {
        "in_force": assignments.in_force(),
        "challenger": challenger,
        "history": assignments.history(),
        "outcomes": list(Outcome),
        "most": MOST_PAIRS,
        "problem": problem,
        **(_compared(challenger) if challenger else {}),
        **(_forms() if access.may("challenger.start") else {}),
    }
    return render_template("challenger.html", **context), status


def _forms() -> dict[str, object]:
    """The forms of an admin, with the registered versions but the served one to choose from."""
    served = deployments.in_force()
    known = registry_listing.versions()
    others = [
        one for one in known.document or () if not served or one["version"] != served.model_version
    ]
    # why: both forms have a reason.
    is_stopping = request.endpoint == "challenger.stop"
    form = StartForm(formdata=None) if is_stopping else StartForm()
    form.version.choices = [
        SelectChoice(
            value=one["version"], label=f"{one['version']} · {one['stage']} · {one['family']}"
        )
        for one in others
    ]
    return {"starting": form, "is_stopping": is_stopping, "registry": known}


def _compared(challenger: Challenger) -> dict[str, object]:
    """What the template shows of a challenger beside the served model, by their scores and by outcome."""
    served, pairs = challenger_scores.pairs(challenger.id, MOST_PAIRS)
    model = model_cache.current()
    judged_beside, judged = judged_pairs(
        challenger.id,
        model.deployment.portfolio,
        model.catalogue.performance,
        datetime.now(UTC),
        MOST_JUDGED,
    )
    return {
        "served": served,
        "unfit": challenger_scores.count_unfit(challenger.id),
        "comparison": compare(pairs),
        "judged_beside": judged_beside,
        "by_outcome": compare_by_outcome(judged),
        "definition": model.catalogue.performance,
        "fewest": FEWEST,
        "most_judged": MOST_JUDGED,
    }
