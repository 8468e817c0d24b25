"""The page that scores one application, anew or in place of an earlier decision."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError

from creditapp.applications.catalogue import REFERENCE, Application
from creditapp.decisions import once
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.decide import Decided, Origin, decide
from creditapp.decisions.log import Channel
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import AnsweredMeanwhile, CreditappError
from creditapp.observability import request_ids
from creditapp.policy.definition import Outcome
from creditapp.serving import cache as model_cache
from creditapp.web import access, drafts, rate_limits
from creditapp.web.access import OFFICERS, OFFICERS_OR_LOCAL, open_to
from creditapp.web.causes import find_cause
from creditapp.web.intake import catalogue_in_force
from creditapp.web.once import form_claim
from creditapp.web.pages import corrections
from creditapp.web.pages.earlier import Earlier, find_earlier
from creditapp.web.pages.forms import ApplicationForm, example_of, form_of, texts_of
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import phrase_reasons

blueprint = Blueprint("scoring", __name__)

Page = str | tuple[str, int]


@blueprint.get("/")
@open_to(OFFICERS_OR_LOCAL)
def form() -> str:
    """Show the form: empty, or filled with what was sent without a session, or with the example."""
    catalogue = catalogue_in_force()
    draft = drafts.take()
    if draft is not None:
        return _page(form_of(catalogue).from_sent(draft), notice=_ended())
    if "example" in request.args:
        return _page(form_of(catalogue)(data=example_of(catalogue)))
    return _page(form_of(catalogue)(), keeps_draft=True)


@blueprint.get("/decisions/<decision_id>/correct")
@open_to(OFFICERS)
def correct(decision_id: str) -> str:
    """Show the form with the answers of a decision, to be scored again with others."""
    stored = load_personal(decision_id)
    catalogue = model_cache.current().catalogue
    answers = corrections.answers_to_correct(stored, catalogue)
    draft = drafts.take(decision_id)
    if draft is not None:
        return _page(form_of(catalogue).from_sent(draft), notice=_ended(), corrects=stored)
    filled = texts_of(catalogue, answers, stored.decision.reference)
    return _page(form_of(catalogue)(data=filled), corrects=stored, keeps_draft=True)


@blueprint.post("/")
@open_to(OFFICERS_OR_LOCAL)
def score() -> Page:
    """Show the form again with its result, or with what is wrong."""
    rate_limits.spend_applications(1)
    served = model_cache.current()
    corrects = corrections.find_corrected(request.form.get("corrects", ""), served.catalogue)
    form = form_of(served.catalogue)()
    application = form.submitted(served, corrections.recorded_answers(corrects, served.catalogue))
    if application is None:
        return _page(form, corrects=corrects), 422
    claim = form_claim()
    if claim and (kept := once.find_answer(claim)):
        return _repeated(form, kept, corrects)
    if earlier := _unconfirmed(application, corrects):
        return _page(form, earlier=earlier, corrects=corrects), 409
    origin = Origin(
        Channel.UI,
        request_ids.current(),
        access.current().label,
        corrects.decision.decision_id if corrects else None,
    )
    try:
        decided = decide(
            [application], served, origin, with_reasons=True, write=_decision_id, claim=claim
        )
    except AnsweredMeanwhile:
        return _repeated(form, once.find_answer(claim) if claim else None, corrects)
    return _scored(form, decided, corrects)


@blueprint.errorhandler(CSRFError)
def ask_again(_error: CSRFError) -> Page:
    """Show the form with what was sent and a fresh token: nobody knows who sent it, so it is not scored."""
    catalogue = catalogue_in_force()
    try:
        corrects = corrections.find_corrected(request.form.get("corrects", ""), catalogue)
    except CreditappError:
        corrects = None
    return _page(form_of(catalogue)(), notice=_ended(), corrects=corrects), 400


def _ended() -> str:
    return str(
        gettext(
            "Your session had ended. Nothing was scored. Check the answers and send them again."
        )
    )


def _unconfirmed(application: Application, corrects: StoredDecision | None) -> Earlier | None:
    """The earlier decisions on the reference, where the person has not confirmed that they know of them."""
    reference = application.reference
    if reference is None or request.form.get("repeat") == reference:
        return None
    if corrects and corrects.decision.reference == reference:
        return None
    earlier = find_earlier(reference)
    return earlier if earlier.decisions else None


def _decision_id(decided: Decided) -> bytes:
    """What is kept of an answer to a form: the page is made again from the decision."""
    return str(decided.decisions[0].decision_id).encode()


def _scored(form: ApplicationForm, decided: Decided, corrects: StoredDecision | None) -> str:
    [decision] = decided.decisions
    context: dict[str, Any] = {
        "decision": decision,
        # why: the model and the policy that decided; another deployment may be in force by now.
        "policy": decided.served.policy,
        "protected_used": decided.served.protected_used,
        "reasons": phrase_reasons(decision.reasons),
        "cause": find_cause(decision, decided.served.policy, decision.reasons),
        "unnamed": not decision.reasons and decision.decision != Outcome.APPROVE,
        "questions": decided.served.catalogue.by_name,
    }
    return _page(form, corrects=corrects, **context)


def _repeated(form: ApplicationForm, kept: bytes | None, corrects: StoredDecision | None) -> str:
    """The page of a form that was sent twice, with the one decision."""
    stored = stored_decisions.load((kept or b"").decode())
    context: dict[str, Any] = {
        "decision": stored.decision,
        "policy": stored.policy,
        "protected_used": stored.protected_used,
        "reasons": phrase_reasons(stored.reasons),
        "cause": find_cause(stored.decision, stored.policy, stored.reasons),
        "unnamed": stored.unnamed,
        "questions": stored.catalogue.by_name if stored.catalogue else {},
        "repeated": True,
    }
    return _page(form, corrects=corrects, **context)


def _page(form: ApplicationForm, **context: Any) -> str:
    """The page; `keeps_draft` says that a draft which the browser kept may fill the form."""
    defaults = {"decision": None, "corrects": None, "earlier": None, "notice": ""}
    owner = drafts.owner()
    reference = request.form.get(REFERENCE, "")
    return render_template(
        "score.html", form=form, owner=owner, reference=reference, **{**defaults, **context}
    )
