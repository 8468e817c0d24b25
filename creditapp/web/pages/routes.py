"""The pages: the form with its result, the decisions, the code book."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from creditapp.applications.catalogue import BY_NAME, EXAMPLE, FEATURES, QUESTIONS, RECORDED
from creditapp.decisions import log as decision_log
from creditapp.decisions import replay, reviews
from creditapp.decisions.decide import Origin, decide
from creditapp.decisions.log import Channel, Decision
from creditapp.decisions.replay import Replayed
from creditapp.drift import watch as drift_watch
from creditapp.drift.psi import FEWEST_CASES
from creditapp.exceptions import (
    BadReview,
    CannotReplay,
    ModelUnavailable,
    NothingToChange,
    ReviewedMeanwhile,
)
from creditapp.observability import request_ids
from creditapp.policy import versions as policy_versions
from creditapp.scoring.bundle import Metadata
from creditapp.serving import cache as model_cache
from creditapp.web import access, rate_limits
from creditapp.web.errors import STATUS
from creditapp.web.pages.forms import ApplicationForm
from creditapp.web.phrasing import worded, worded_alternatives

blueprint = Blueprint("ui", __name__)

PAGE_LENGTH = 50
LONGEST_WINDOW = 366


@blueprint.get("/")
def form() -> str:
    """The form: empty, or with the example filled in where the address asks for it."""
    example = {feature.slug: str(EXAMPLE[feature.name]) for feature in FEATURES}
    filled = ApplicationForm(data=example if "example" in request.args else None)
    return render_template("score.html", form=filled, decision=None)


@blueprint.post("/")
def score() -> str | tuple[str, int]:
    """The form again with its result, or with what is wrong."""
    rate_limits.spend_applications(1)
    form = ApplicationForm()
    application = form.submitted()
    if application is None:
        return render_template("score.html", form=form, decision=None), 422
    origin = Origin(Channel.UI, request_ids.current(), access.current().label)
    [decision] = decide([application], origin, with_reasons=True)
    policy, reasons = policy_versions.under(decision.policy_version), worded(decision.reasons)
    shown: dict[str, Any] = {"decision": decision, "policy": policy, "questions": BY_NAME}
    metadata = _served_metadata()
    shown["protected_used"] = metadata.protected_used if metadata else ()
    return render_template("score.html", form=form, reasons=reasons, **shown)


@blueprint.get("/decisions")
def decisions() -> str:
    """Recent decisions, newest first."""
    reference = request.args.get("reference", "")
    before = request.args.get("before", "")
    found = decision_log.recent(reference, before, PAGE_LENGTH)
    return _list_page(found, reference=reference)


@blueprint.get("/decisions/waiting")
def waiting() -> str:
    """Decisions that wait for a person, newest first."""
    before = request.args.get("before", "")
    after = decision_log.find(before).decision_id if before else None
    return _list_page(reviews.waiting(after, PAGE_LENGTH), waiting=True)


@blueprint.post("/decisions/<decision_id>/review")
def review(decision_id: str) -> Response | tuple[str, int]:
    """A person decides, with a reason; the machine's decision stays what it was."""
    found = decision_log.find(decision_id)
    given = request.form
    after = given.get("after", 0, type=int) or None
    outcome, note = given.get("outcome", ""), given.get("note", "")
    try:
        reviews.record(found, outcome, note, access.current().label, after)
    except (BadReview, ReviewedMeanwhile) as error:
        kept = note if note.isprintable() else ""
        return _decision_page(found, problem=str(error), note=kept), STATUS[type(error)]
    return redirect(url_for("ui.decision", decision_id=decision_id))


@blueprint.get("/decisions/<decision_id>")
def decision(decision_id: str) -> str:
    """One decision with the answers it was made on."""
    return _decision_page(decision_log.find(decision_id))


@blueprint.get("/decisions/<decision_id>/replay")
def replay_decision(decision_id: str) -> str:
    """One decision, scored again by the bundle that made it."""
    found = decision_log.find(decision_id)
    [replayed] = replay.all_of([found])
    return _decision_page(found, replayed)


@blueprint.get("/drift")
def drift() -> str:
    """Whether the population is still the one the model knows."""
    days = min(max(request.args.get("days", drift_watch.DAYS, type=int), 1), LONGEST_WINDOW)
    report = drift_watch.look(days)
    return render_template("drift.html", report=report, questions=BY_NAME, fewest=FEWEST_CASES)


@blueprint.get("/codebook")
def codebook() -> str:
    """Every question with its codes, what they mean, and what was once published."""
    return render_template(
        "codebook.html",
        questions=QUESTIONS,
        by_name=BY_NAME,
        recorded=RECORDED,
        metadata=_served_metadata(),
    )


def _list_page(found: Sequence[Decision], *, reference: str = "", waiting: bool = False) -> str:
    older = found[-1].decision_id if len(found) == PAGE_LENGTH else None
    shown = {"reference": reference, "waiting": waiting, "older": older}
    return render_template("decisions.html", decisions=found, **shown)


def _decision_page(
    found: Decision, replayed: Replayed | None = None, problem: str = "", note: str = ""
) -> str:
    shown = {
        "reviews": reviews.of(found.decision_id),
        "problem": problem,
        "note": note,
        "longest_note": reviews.LONGEST_NOTE,
        "policy": policy_versions.under(found.policy_version),
        "questions": BY_NAME,
        "reasons": worded(replay.reasons_of(found)),
        "alternatives": _alternatives(found),
        "protected_used": replay.protected_used(found),
        "replayed": replayed,
    }
    return render_template("decision.html", decision=found, **shown)


def _alternatives(found: Decision) -> dict[str, Any] | None:
    """What would change it; none for an approval, nor where it cannot be worked out any more."""
    try:
        return worded_alternatives(replay.alternatives_of(found))
    except (NothingToChange, CannotReplay):
        return None


def _served_metadata() -> Metadata | None:
    """What is known of the served model; the code book is read without one too."""
    try:
        return model_cache.current().metadata
    except ModelUnavailable:
        return None
