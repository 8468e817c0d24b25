"""The pages about stored decisions: the list, and one decision with its review."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug import Response

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.decisions import case_notes, corrections, reviews, saved_views, search
from creditapp.decisions import log as decision_log
from creditapp.decisions.replay import Replayed, replay
from creditapp.decisions.review_reasons import ReviewReason
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import CannotReplay, CreditappError, NothingToChange
from creditapp.outcomes import recording
from creditapp.outcomes.table import standing_rows
from creditapp.settings.current import current_settings
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.amounts import amount_writer
from creditapp.web.causes import find_cause
from creditapp.web.pages.decision_filters import FilterForm
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import explain, phrase_alternatives, phrase_reasons, phrase_similar
from creditapp.web.reviewer import current_reviewer

blueprint = Blueprint("decisions", __name__)

PAGE_LENGTH = 50

Page = str | tuple[str, int]


@blueprint.get("/decisions")
@open_to(OFFICERS)
def overview() -> Response | Page:
    """List decisions as they are filtered and sorted; an id leads to its decision."""
    rate_limits.spend_reading()
    form = FilterForm(request.args)
    if not form.validate():
        return list_page(form), 422
    if form.is_typed_otherwise:
        # why: an amount in an address must mean the same after the language is changed.
        asked: dict[str, Any] = {**request.args, **form.parameters}
        return redirect(url_for("decisions.overview", **asked))
    decision_id = (form.reference.data or "").strip().lower()
    if decision_log.is_id(decision_id):
        return redirect(url_for("decisions.decision", decision_id=decision_id))
    return list_page(form)


@blueprint.get("/decisions/<decision_id>")
@open_to(OFFICERS)
def decision(decision_id: str) -> str:
    """Show a decision with its answers, reasons, alternatives, similar past applications and reviews."""
    return decision_page(load_personal(decision_id))


@blueprint.get("/decisions/<decision_id>/replay")
@open_to(OFFICERS)
def replay_decision(decision_id: str) -> str:
    """Show a decision, and score it again with the bundle that made it."""
    stored = load_personal(decision_id)
    [replayed] = replay([stored.decision])
    return decision_page(stored, replayed)


def list_page(form: FilterForm, problem: str = "") -> str:
    """The list as a form filters it; without the list if the form is wrong."""
    asked = {name: request.args.get(name, "") for name in ("after", "before")}
    page = None if form.errors else search.find_page(form.filters, PAGE_LENGTH, **asked)
    ids = [one.decision_id for one in page.decisions] if page else []
    return render_template(
        "decisions.html",
        form=form,
        page=page,
        asked="before" if asked["before"] and not asked["after"] else "after",
        reviewed=reviews.find_newest(ids),
        corrected=corrections.find_corrected(ids),
        amount=amount_writer(),
        views=saved_views.of_person(access.current().label),
        longest_view=saved_views.LONGEST_NAME,
        most_known=search.MOST_KNOWN,
        at_once=search.AT_ONCE,
        most_exported=search.MOST_EXPORTED,
        problem=problem,
    )


def decision_page(stored: StoredDecision, replayed: Replayed | None = None, **told: object) -> str:
    """The page of a decision; what is `told` is what a form that was refused sent, and why."""
    outcomes = recording.find(stored.decision.decision_id)
    standing, reviewer = standing_rows(outcomes), current_reviewer()
    context = {
        "decision": stored.decision,
        "outcome": stored.outcome,
        "policy": stored.policy,
        "reviews": stored.reviews,
        "reasons": phrase_reasons(stored.reasons),
        "cause": find_cause(stored.decision, stored.policy, stored.reasons),
        "corrects": stored.corrects,
        "corrected_by": stored.corrected_by,
        "unnamed": stored.unnamed,
        "alternatives": _alternatives(stored),
        "similar": phrase_similar(stored.similar()),
        "protected_used": stored.protected_used,
        **_questions(stored.catalogue),
        "replayed": replayed,
        "standing": stored.standing,
        "case_amount": amount_writer()(stored.decision),
        "obstacle": _explain(stored.standing.problem_for(reviewer)),
        "me": reviewer,
        "notes": stored.notes,
        "longest_words": case_notes.LONGEST_NOTE,
        "needs_another": current_settings().two_people
        and reviews.is_own(stored.decision, reviewer.actor),
        "longest_note": reviews.LONGEST_NOTE,
        "note_languages": reviews.LANGUAGES,
        "outcomes": [(row, row in standing) for row in outcomes],
        "outcome_kinds": list(OutcomeKind),
        "problem": "",
        "note": "",
        "language": str(get_locale()),
        "reason": "",
        "chosen": "",
        "words": "",
        "note_problem": "",
        "review_reasons": list(ReviewReason),
        "outcome_sent": {},
        **told,
    }
    return render_template("decision.html", **context)


def _explain(problem: CreditappError | None) -> str:
    return explain(problem) if problem else ""


def _questions(catalogue: Catalogue | None) -> dict[str, Any]:
    """The questions that the answers are shown with, and the names of those that can be changed."""
    if catalogue is None:
        return {"questions": {}, "changeable": [], "currency": "", "amount": ""}
    changeable = [question.name for question in catalogue.features if question.changeable]
    return {
        "questions": catalogue.by_name,
        "changeable": changeable,
        "currency": catalogue.currency,
        "amount": catalogue.amount,
    }


def _alternatives(stored: StoredDecision) -> dict[str, Any] | None:
    """What would have led to an approval; none for an approval, or if it cannot be computed any more."""
    try:
        return phrase_alternatives(stored.alternatives())
    except (NothingToChange, CannotReplay):
        return None
