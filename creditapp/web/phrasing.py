"""Reasons and alternatives in the reader's language, as the API answers them and the pages show them."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from creditapp.explanations.alternatives import Alternatives
from creditapp.explanations.reasons import Reason
from creditapp.phrases import marked

NO_PROMISE = marked(
    "What this model and this policy would say to other answers; it is no promise of a credit."
)

CONTROLS = (*range(9), 11, *range(14, 32), *range(127, 160))
NONCHARACTERS = (
    *range(0xFDD0, 0xFDF0),
    *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
)
FORBIDDEN = dict.fromkeys((*CONTROLS, *NONCHARACTERS), "\N{REPLACEMENT CHARACTER}")
"""Characters that no HTML document may hold: https://html.spec.whatwg.org/#preprocessing-the-input-stream"""


def showable(value: Any) -> Any:
    """What a page shows of a value, which somebody may have sent: without what it must not hold."""
    return value.translate(FORBIDDEN) if isinstance(value, str) else value


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
