"""Reasons and alternatives in the reader's language, as the API answers them and the pages show them."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from creditapp.alternatives import Alternatives
from creditapp.features import marked
from creditapp.reasons import Reason

NO_PROMISE = marked(
    "What this model and this policy would say to other answers; it is no promise of a credit."
)


def worded(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Each reason as it is answered."""
    return [reason.worded(gettext) for reason in reasons]


def worded_alternatives(found: Alternatives) -> dict[str, Any]:
    """What would change a decision, as it is answered."""
    return {
        "note": gettext(NO_PROMISE),
        "alternatives": [one.worded(gettext) for one in found.approved],
        "nearest": found.nearest and found.nearest.worded(gettext),
    }
