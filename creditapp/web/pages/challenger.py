"""The page about the challenger: what it would have decided, compared with what was decided."""

from flask import Blueprint, render_template

from creditapp.challenger import assignments
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.comparison import compare
from creditapp.policy.definition import Outcome
from creditapp.web.access import ANALYSTS, open_to

blueprint = Blueprint("challenger", __name__)

MOST_PAIRS = 10_000
"""The newest; a page must not read all of a long log."""


@blueprint.get("/challenger")
@open_to(ANALYSTS)
def overview() -> str:
    """Compare the last challenger with the served model, and list all challengers."""
    newest = assignments.newest()
    served, pairs = challenger_scores.pairs(newest.id, MOST_PAIRS) if newest else ("", [])
    context = {
        "in_force": assignments.in_force(),
        "challenger": newest,
        "served": served,
        "unfit": challenger_scores.count_unfit(newest.id) if newest else 0,
        "comparison": compare(pairs),
        "history": assignments.history(),
        "outcomes": list(Outcome),
        "most": MOST_PAIRS,
    }
    return render_template("challenger.html", **context)
