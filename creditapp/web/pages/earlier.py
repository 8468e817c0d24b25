"""Shows the earlier decisions on a reference before an application is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request

from creditapp.applications.catalogue import REFERENCE
from creditapp.decisions import listing, reviews
from creditapp.decisions.listing import Wanted
from creditapp.decisions.log import Decision
from creditapp.decisions.reviews import Review
from creditapp.web import rate_limits
from creditapp.web.access import OFFICERS_OR_LOCAL, open_to

blueprint = Blueprint("earlier", __name__)

MOST_SHOWN = 5


@dataclass(frozen=True)
class Earlier:
    """The newest decisions on a reference, with the reviews that apply, and whether there are more."""

    reference: str
    decisions: Sequence[Decision]
    reviewed: Mapping[UUID, Review]
    has_more: bool


@blueprint.post("/earlier")
@open_to(OFFICERS_OR_LOCAL)
def overview() -> str:
    """Show the newest decisions on the reference that is sent, which is in no address and no log."""
    rate_limits.spend_reading()
    return render_template("earlier.html", earlier=find_earlier(request.form.get(REFERENCE, "")))


def find_earlier(reference: str) -> Earlier:
    """The newest decisions on a reference; none on an empty one."""
    found: Sequence[Decision] = ()
    if reference:
        found = listing.find_newest(Wanted(reference=reference), limit=MOST_SHOWN + 1)
    shown = found[:MOST_SHOWN]
    reviewed = reviews.find_newest([one.decision_id for one in shown])
    return Earlier(reference, shown, reviewed, len(found) > MOST_SHOWN)
