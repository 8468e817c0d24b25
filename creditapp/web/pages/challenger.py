"""The page about the challenger: what it would have decided, compared with what was decided."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request

from creditapp.challenger import assignments
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.by_outcome import compare_by_outcome
from creditapp.challenger.comparison import compare
from creditapp.challenger.judged import judged_pairs
from creditapp.challenger.verdict import FEWEST
from creditapp.policy.definition import Outcome
from creditapp.serving import cache as model_cache
from creditapp.web.access import ANALYSTS, open_to

blueprint = Blueprint("challenger", __name__)

MOST_PAIRS = 10_000
"""The newest; a page must not read all of a long log."""

MOST_JUDGED = 5_000
"""The newest mature ones, for the same reason: each takes longer, as what was recorded of it is read too."""


@blueprint.get("/challenger")
@open_to(ANALYSTS)
def overview() -> str:
    """Compare the last challenger, or the last with a version, with the served model, and list all."""
    version = request.args.get("version", "")
    challenger = assignments.newest(version)
    if version and challenger is None:
        abort(404)
    context = _compared(challenger) if challenger else {}
    return render_template(
        "challenger.html",
        in_force=assignments.in_force(),
        challenger=challenger,
        history=assignments.history(),
        outcomes=list(Outcome),
        most=MOST_PAIRS,
        **context,
    )


def _compared(challenger: Challenger) -> dict[str, object]:
    """What the template shows of a challenger beside the served model, by their scores and by outcome."""
    served, pairs = challenger_scores.pairs(challenger.id, MOST_PAIRS)
    model = model_cache.current()
    judged_beside, judged = judged_pairs(
        challenger.id,
        model.deployment.portfolio,
        model.catalogue.performance,
        datetime.now(UTC),
        MOST_JUDGED,
    )
    return {
        "served": served,
        "unfit": challenger_scores.count_unfit(challenger.id),
        "comparison": compare(pairs),
        "judged_beside": judged_beside,
        "by_outcome": compare_by_outcome(judged),
        "definition": model.catalogue.performance,
        "fewest": FEWEST,
        "most_judged": MOST_JUDGED,
    }
