"""The pages about stored decisions: the list, the review queue, and one decision with its review."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug import Response

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.decisions import listing, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions import waiting as waiting_decisions
from creditapp.decisions.listing import Wanted
from creditapp.decisions.log import Decision
from creditapp.decisions.replay import Replayed, replay
from creditapp.decisions.review_reasons import ReviewReason
from creditapp.decisions.reviews import SentReview
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import (
    AlreadyReviewed,
    BadReview,
    CannotReplay,
    NothingToChange,
    SamePerson,
)
from creditapp.outcomes import recording
from creditapp.outcomes.table import standing_rows
from creditapp.settings.current import current_settings
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.causes import find_cause
from creditapp.web.pages.decision_filters import FilterForm
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import explain, phrase_alternatives, phrase_reasons, phrase_similar

blueprint = Blueprint("decisions", __name__)

PAGE_LENGTH = 50

Page = str | tuple[str, int]


@blueprint.get("/decisions")
@open_to(OFFICERS)
def overview() -> Response | Page:
    """List decisions, newest first, as they are filtered; an id leads to its decision."""
    rate_limits.spend_reading()
    form = FilterForm(request.args)
    if not form.validate():
        return _list_page([], form), 422
    wanted = form.wanted
    decision_id = wanted.reference.strip()
    if decision_log.is_id(decision_id):
        return redirect(url_for("decisions.decision", decision_id=decision_id))
    return _list_page(_find(wanted, request.args.get("before", "")), form)


def _find(wanted: Wanted, before: str) -> Sequence[Decision]:
    """A page of decisions; by the reference without the blanks around it, where none has it with them."""
    found = listing.find_newest(wanted, before, PAGE_LENGTH)
    plain = wanted.reference.strip()
    if found or plain == wanted.reference:
        return found
    return listing.find_newest(replace(wanted, reference=plain), before, PAGE_LENGTH)


@blueprint.get("/decisions/waiting")
@open_to(OFFICERS)
def waiting() -> str:
    """List the decisions that wait for a review, newest first."""
    rate_limits.spend_reading()
    before = request.args.get("before", "")
    last = decision_log.find(before).decision_id if before else None
    return _list_page(waiting_decisions.find(last, PAGE_LENGTH), FilterForm(None), waiting=True)


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


@blueprint.post("/decisions/<decision_id>/review")
@open_to(OFFICERS)
def review(decision_id: str) -> Response | tuple[str, int]:
    """Record a person's decision with its reason; the automatic decision stays as it is."""
    stored = stored_decisions.load(decision_id)
    newest_seen = request.form.get("after", 0, type=int) or None
    given = {name: request.form.get(name, "") for name in SentReview._fields}
    sent = SentReview(**{**given, "language": given["language"] or str(get_locale())})
    try:
        reviews.record(
            stored.decision,
            sent,
            access.current_actor(),
            newest_seen,
            by_another=current_settings().two_people,
        )
    except (SamePerson, BadReview, AlreadyReviewed) as error:
        kept = sent.note if sent.note.isprintable() else ""
        # why: another person may have reviewed the decision since it was loaded.
        newest = load_personal(decision_id)
        page = decision_page(
            newest, problem=explain(error), note=kept, reason=sent.reason, language=sent.language
        )
        return page, error.status
    return redirect(url_for("decisions.decision", decision_id=decision_id))


def _list_page(decisions: Sequence[Decision], form: FilterForm, *, waiting: bool = False) -> str:
    older = decisions[-1].decision_id if len(decisions) == PAGE_LENGTH else None
    reviewed = reviews.find_newest([one.decision_id for one in decisions])
    context = {"form": form, "waiting": waiting, "older": older, "reviewed": reviewed}
    return render_template("decisions.html", decisions=decisions, **context)


def decision_page(stored: StoredDecision, replayed: Replayed | None = None, **told: object) -> str:
    """The page of a decision; what is `told` is what a form that was refused sent, and why."""
    outcomes = recording.find(stored.decision.decision_id)
    standing = standing_rows(outcomes)
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
        "needs_another": current_settings().two_people
        and reviews.is_own(stored.decision, access.current_actor()),
        "longest_note": reviews.LONGEST_NOTE,
        "note_languages": reviews.LANGUAGES,
        "outcomes": [(row, row in standing) for row in outcomes],
        "outcome_kinds": list(OutcomeKind),
        "problem": "",
        "note": "",
        "language": str(get_locale()),
        "reason": "",
        "review_reasons": list(ReviewReason),
        "outcome_sent": {},
        **told,
    }
    return render_template("decision.html", **context)


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
