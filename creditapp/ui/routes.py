"""The pages: the form with its result, the decisions, the code book."""

from typing import Any

from flask import Blueprint, render_template, request

from creditapp import (
    decision_log,
    limits,
    model_cache,
    monitoring,
    policies,
    replay,
    request_ids,
    security,
)
from creditapp.bundle import Metadata
from creditapp.decision_log import Channel, Decision
from creditapp.decisioning import Origin, decide
from creditapp.drift import FEWEST_CASES
from creditapp.exceptions import CannotReplay, ModelUnavailable, NothingToChange
from creditapp.features import BY_NAME, EXAMPLE, FEATURES, QUESTIONS, RECORDED
from creditapp.replay import Replayed
from creditapp.ui.forms import ApplicationForm
from creditapp.wording import worded, worded_alternatives

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
    limits.spend_applications(1)
    form = ApplicationForm()
    application = form.submitted()
    if application is None:
        return render_template("score.html", form=form, decision=None), 422
    origin = Origin(Channel.UI, request_ids.current(), security.current().label)
    [decision] = decide([application], origin, with_reasons=True)
    policy, reasons = policies.under(decision.policy_version), worded(decision.reasons)
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
    older = found[-1].decision_id if len(found) == PAGE_LENGTH else None
    return render_template("decisions.html", decisions=found, reference=reference, older=older)


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
    days = min(max(request.args.get("days", monitoring.DAYS, type=int), 1), LONGEST_WINDOW)
    report = monitoring.look(days)
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


def _decision_page(found: Decision, replayed: Replayed | None = None) -> str:
    shown = {
        "policy": policies.under(found.policy_version),
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
