"""The queue of cases that wait for a person: look, take, release, escalate, and open the next one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_timedelta, gettext
from werkzeug import Response

from creditapp.decisions import claims, queue
from creditapp.decisions import log as decision_log
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.queue import MOST_COUNTED, Part
from creditapp.exceptions import BadNote, NotAllowed, NotWaiting, SamePerson, TakenByAnother
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web import rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.amounts import amount_writer
from creditapp.web.pages.decisions import decision_page
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import explain
from creditapp.web.reviewer import current_reviewer

blueprint = Blueprint("queue", __name__)

PAGE_LENGTH = 50
REFUSALS = (BadNote, NotAllowed, NotWaiting, SamePerson, TakenByAnother)

NOTHING_LEFT = marked("No case is left for you.")

Page = str | tuple[str, int]


@blueprint.get("/decisions/waiting")
@open_to(OFFICERS)
def overview() -> str:
    """List the cases that wait for a review, oldest first."""
    return _queue_page()


@blueprint.post("/decisions/waiting/next")
@open_to(OFFICERS)
def take_next() -> Response:
    """Take the case to decide next, and open it."""
    return redirect(next_address())


@blueprint.post("/decisions/<decision_id>/take")
@open_to(OFFICERS)
def take(decision_id: str) -> Response | Page:
    """Take a case, and open it."""
    decision = decision_log.find(decision_id)

    def change(reviewer: Reviewer) -> None:
        own = decision.made_by == reviewer.label
        if own and current_settings().two_people:
            raise SamePerson(
                gettext("You scored this application, so another person must review it.")
            )
        claims.take(decision.decision_id, reviewer)

    return _changed(decision_id, change) or _to_case(decision_id)


@blueprint.post("/decisions/<decision_id>/release")
@open_to(OFFICERS)
def release(decision_id: str) -> Response | Page:
    """Let others take a case."""
    key = decision_log.find(decision_id).decision_id
    refused = _changed(decision_id, lambda reviewer: claims.release(key, reviewer))
    if refused:
        return refused
    flash(gettext("The case was released; others can take it."))
    return redirect(url_for("queue.overview", part=_part().value))


@blueprint.post("/decisions/<decision_id>/escalate")
@open_to(OFFICERS)
def escalate(decision_id: str) -> Response | Page:
    """Ask analysts to decide a case, with a reason."""
    return _moved(decision_id, claims.escalate, marked("The case was escalated to the analysts."))


@blueprint.post("/decisions/<decision_id>/give-back")
@open_to(OFFICERS)
def give_back(decision_id: str) -> Response | Page:
    """Give an escalated case back to the officers, with a reason."""
    return _moved(decision_id, claims.give_back, marked("The case was given back to the officers."))


def next_address() -> str:
    """Take the next case; where its page is, or the queue if nothing is left."""
    found = queue.take_next(current_reviewer(), by_another=current_settings().two_people)
    if found is None:
        flash(gettext(NOTHING_LEFT))
        return url_for("queue.overview")
    return url_for("decisions.decision", decision_id=found)


def _moved(
    decision_id: str, move: Callable[[UUID, str, Reviewer], None], said: str
) -> Response | Page:
    key, reason = decision_log.find(decision_id).decision_id, request.form.get("words", "")
    refused = _changed(decision_id, lambda reviewer: move(key, reason, reviewer))
    if refused:
        return refused
    flash(gettext(said))
    return redirect(url_for("queue.overview"))


def _changed(decision_id: str, change: Callable[[Reviewer], None]) -> tuple[str, int] | None:
    """Make a change; if it is refused, the page where it was asked for, with the reason."""
    try:
        change(current_reviewer())
    except REFUSALS as error:
        problem = explain(error)
        if "part" in request.form:
            return _queue_page(problem), error.status
        words = request.form.get("words", "")
        return decision_page(load_personal(decision_id), problem=problem, words=words), error.status
    return None


def _to_case(decision_id: str) -> Response:
    return redirect(url_for("decisions.decision", decision_id=decision_id))


def _part() -> Part:
    asked = request.values.get("part", "")
    return Part(asked) if asked in list(Part) else Part.ALL


def _queue_page(problem: str = "") -> str:
    rate_limits.spend_reading()
    part, reviewer, now = _part(), current_reviewer(), datetime.now(UTC)
    target = timedelta(hours=current_settings().queue_hours)
    asked = {name: request.args.get(name, "") for name in ("after", "before")}
    return render_template(
        "queue.html",
        page=queue.find_page(part, reviewer, PAGE_LENGTH, **asked),
        counts=queue.count(reviewer, now - target),
        part=part,
        me=reviewer,
        now=now,
        target=target,
        age=lambda waited: format_timedelta(waited, granularity="minute", threshold=1.5),
        amount=amount_writer(),
        most=MOST_COUNTED,
        two_people=current_settings().two_people,
        problem=problem,
    )
