"""The page about drift."""

from flask import Blueprint, render_template, request

from creditapp.drift import watch as drift_watch
from creditapp.drift.psi import FEWEST_CASES
from creditapp.web.access import ANALYSTS, open_to

blueprint = Blueprint("drift", __name__)

LONGEST_WINDOW = 366
"""Days."""


@blueprint.get("/drift")
@open_to(ANALYSTS)
def overview() -> str:
    """Compare recent decisions with the population the served model was trained on."""
    days = min(max(request.args.get("days", drift_watch.DAYS, type=int), 1), LONGEST_WINDOW)
    report = drift_watch.look(days)
    questions = report.catalogue.by_name
    return render_template("drift.html", report=report, questions=questions, fewest=FEWEST_CASES)
