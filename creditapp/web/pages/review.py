"""A person's decision on a case, in two steps, and notes for colleagues."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug import Response

from creditapp.decisions import case_notes, claims, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.review_reasons import in_words
from creditapp.decisions.reviews import SentReview
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import (
    AlreadyReviewed,
    BadNote,
    BadReview,
    CreditappError,
    NotAllowed,
    SamePerson,
    TakenByAnother,
)
from creditapp.settings.current import current_settings
from creditapp.web import access
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.amounts import amount_writer
from creditapp.web.pages.decisions import decision_page
from creditapp.web.pages.queue import next_address
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import explain
from creditapp.web.reviewer import current_reviewer

blueprint = Blueprint("review", __name__)

REFUSALS = (SamePerson, NotAllowed, BadReview, AlreadyReviewed, TakenByAnother)

Page = str | tuple[str, int]


@blueprint.post("/decisions/<decision_id>/review")
@open_to(OFFICERS)
def record(decision_id: str) -> Response | Page:
    """Record a person's decision once they confirmed it; the automatic decision stays as it is."""
    stored = stored_decisions.load(decision_id)
    newest_seen = request.form.get("after", 0, type=int) or None
    given = {name: request.form.get(name, "") for name in SentReview._fields}
    sent = SentReview(**{**given, "language": given["language"] or str(get_locale())})
    if "change" in request.form:
        return _form_again(decision_id, sent)
    try:
        if request.form.get("confirmed", "") != (sent.outcome or None):
            _check(stored, sent, newest_seen)
            return _confirmation_page(decision_id, sent, newest_seen)
        _record(stored, sent, newest_seen)
    except REFUSALS as error:
        return _form_again(decision_id, sent, error)
    flash(gettext("Your decision was recorded."))
    if "next" in request.form:
        return redirect(next_address())
    return redirect(url_for("decisions.decision", decision_id=decision_id))


@blueprint.post("/decisions/<decision_id>/notes")
@open_to(OFFICERS)
def add_note(decision_id: str) -> Response | Page:
    """Keep a note for colleagues."""
    decision = decision_log.find(decision_id)
    words = request.form.get("words", "")
    try:
        case_notes.write(decision.decision_id, words, access.current_actor())
    except BadNote as error:
        problem = explain(error)
        page = decision_page(load_personal(decision_id), note_problem=problem, words=words)
        return page, error.status
    return redirect(url_for("decisions.decision", decision_id=decision_id, _anchor="notes"))


def _check(stored: StoredDecision, sent: SentReview, newest_seen: int | None) -> None:
    """Refuse before the second step what would be refused after it."""
    two_people = current_settings().two_people
    reviews.check(stored.decision, sent, access.current_actor(), by_another=two_people)
    claims.check(stored.standing, current_reviewer())
    reviews.check_seen(stored.review.id if stored.review else None, newest_seen)


def _record(stored: StoredDecision, sent: SentReview, newest_seen: int | None) -> None:
    reviewer = current_reviewer()
    reviews.record(
        stored.decision,
        sent,
        reviewer.actor,
        newest_seen,
        by_another=current_settings().two_people,
        is_senior=reviewer.is_senior,
    )


def _confirmation_page(decision_id: str, sent: SentReview, newest_seen: int | None) -> str:
    stored = load_personal(decision_id)
    return render_template(
        "review_confirm.html",
        decision=stored.decision,
        sent=sent,
        after=newest_seen or "",
        reason=in_words(sent.reason),
        amount=amount_writer()(stored.decision),
        waits=stored.standing.waits,
    )


def _form_again(
    decision_id: str, sent: SentReview, error: CreditappError | None = None
) -> tuple[str, int]:
    """The decision's page with what was sent kept in the form."""
    kept = sent._replace(note=sent.note if sent.note.isprintable() else "")
    # why: another person may have reviewed the decision since it was loaded.
    page = decision_page(
        load_personal(decision_id),
        problem=explain(error) if error else "",
        note=kept.note,
        reason=kept.reason,
        language=kept.language,
        chosen=kept.outcome,
    )
    return page, error.status if error else 200
