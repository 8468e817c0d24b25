"""The page about the challenger: what it would have decided, beside what was decided."""

from flask import Blueprint, render_template

from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.comparison import compare
from creditapp.policy.definition import Outcome

blueprint = Blueprint("challenger", __name__)

MOST_PAIRS = 10_000
"""The newest of them: a page must not read all of a long log."""


@blueprint.get("/challenger")
def overview() -> str:
    """The comparison of the last challenger with the served model, and the history of challengers."""
    newest = challengers.newest()
    served, pairs = challenger_scores.pairs(newest.id, MOST_PAIRS) if newest else ("", [])
    shown = {
        "in_force": challengers.in_force(),
        "challenger": newest,
        "served": served,
        "comparison": compare(pairs),
        "history": challengers.history(),
        "outcomes": list(Outcome),
        "most": MOST_PAIRS,
    }
    return render_template("challenger.html", **shown)
