"""Reasons and alternatives in the reader's language, as the API answers them and the pages show them."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from creditapp.explanations.alternatives import Alternatives
from creditapp.explanations.reasons import Reason
from creditapp.phrases import marked

NO_PROMISE = marked(
    "This is what the model and the policy would answer to other answers. It is not an offer of credit."
)


def phrase_reasons(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Each reason with its text translated."""
    return [reason.worded(gettext) for reason in reasons]


def phrase_alternatives(alternatives: Alternatives) -> dict[str, Any]:
    """The alternatives with their texts translated, and a note that they are no offer."""
    return {
        "note": gettext(NO_PROMISE),
        "alternatives": [one.worded(gettext) for one in alternatives.approved],
        "nearest": alternatives.nearest and alternatives.nearest.worded(gettext),
    }
