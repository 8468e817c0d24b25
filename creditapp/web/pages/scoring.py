"""The page that scores one application."""

from typing import Any

from flask import Blueprint, render_template, request

from creditapp.decisions import once
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.decide import Decided, Origin, decide
from creditapp.decisions.log import Channel
from creditapp.exceptions import AnsweredMeanwhile
from creditapp.observability import request_ids
from creditapp.policy.definition import Outcome
from creditapp.serving import cache as model_cache
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS_OR_LOCAL, open_to
from creditapp.web.intake import catalogue_in_force
from creditapp.web.once import form_claim
from creditapp.web.pages.forms import ApplicationForm, example_of, form_of
from creditapp.web.phrasing import phrase_reasons

blueprint = Blueprint("scoring", __name__)


@blueprint.get("/")
@open_to(OFFICERS_OR_LOCAL)
def form() -> str:
    """Show the form: empty, or filled with the example for `?example`."""
    catalogue = catalogue_in_force()
    filled = form_of(catalogue)(data=example_of(catalogue) if "example" in request.args else None)
    return render_template("score.html", form=filled, decision=None)


@blueprint.post("/")
@open_to(OFFICERS_OR_LOCAL)
def score() -> str | tuple[str, int]:
    """Show the form again with its result, or with what is wrong."""
    rate_limits.spend_applications(1)
    served = model_cache.current()
    form = form_of(served.catalogue)()
    application = form.submitted(served)
    if application is None:
        return render_template("score.html", form=form, decision=None), 422
    claim = form_claim()
    if claim and (kept := once.find_answer(claim)):
        return _repeated(form, kept)
    origin = Origin(Channel.UI, request_ids.current(), access.current().label)
    try:
        decided = decide(
            [application], served, origin, with_reasons=True, write=_decision_id, claim=claim
        )
    except AnsweredMeanwhile:
        return _repeated(form, once.find_answer(claim) if claim else None)
    return _scored(form, decided)


def _decision_id(decided: Decided) -> bytes:
    """What is kept of an answer to a form: the page is made again from the decision."""
    return str(decided.decisions[0].decision_id).encode()


def _scored(form: ApplicationForm, decided: Decided) -> str:
    [decision] = decided.decisions
    context: dict[str, Any] = {
        "decision": decision,
        # why: the model and the policy that decided; another deployment may be in force by now.
        "policy": decided.served.policy,
        "protected_used": decided.served.protected_used,
        "reasons": phrase_reasons(decision.reasons),
        "unnamed": not decision.reasons and decision.decision != Outcome.APPROVE,
        "questions": decided.served.catalogue.by_name,
    }
    return render_template("score.html", form=form, **context)


def _repeated(form: ApplicationForm, kept: bytes | None) -> str:
    """The page of a form that was sent twice, with the one decision."""
    stored = stored_decisions.load((kept or b"").decode())
    context: dict[str, Any] = {
        "decision": stored.decision,
        "policy": stored.policy,
        "protected_used": stored.protected_used,
        "reasons": phrase_reasons(stored.reasons),
        "unnamed": stored.unnamed,
        "questions": stored.catalogue.by_name if stored.catalogue else {},
        "repeated": True,
    }
    return render_template("score.html", form=form, **context)
