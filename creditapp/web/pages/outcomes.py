"""The form on a decision's page that records what became of it."""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from creditapp.decisions import log as decision_log
from creditapp.exceptions import UnfitOutcomes, WrongOutcomes
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Faults, Report, read_report, values_of_texts
from creditapp.web import access
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.pages.decisions import decision_page
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import phrase

blueprint = Blueprint("outcomes", __name__)

FIELDS = ("kind", "date", "amount", "withdrawn")


@blueprint.post("/decisions/<decision_id>/outcomes")
@open_to(OFFICERS)
def record(decision_id: str) -> Response | tuple[str, int]:
    """Record what became of a decision; what was recorded before stays on record."""
    decision_log.find(decision_id)
    sent = {name: request.form.get(name, "") for name in FIELDS}
    report = read_report({**values_of_texts(sent), "decision_id": decision_id})
    if not isinstance(report, Report):
        return _refused(decision_id, sent, report, WrongOutcomes.status)
    try:
        recording.record([report], access.current_actor())
    except UnfitOutcomes as error:
        return _refused(decision_id, sent, error.errors[0], error.status)  # type: ignore[index]
    return redirect(url_for("decisions.decision", decision_id=decision_id))


def _refused(
    decision_id: str, sent: dict[str, str], faults: Faults, status: int
) -> tuple[str, int]:
    problems = [f"{name}: {phrase(text)}" for name, texts in faults.items() for text in texts]
    kept = {name: text if text.isprintable() else "" for name, text in sent.items()}
    page = decision_page(load_personal(decision_id), outcome_problems=problems, outcome_sent=kept)
    return page, status
