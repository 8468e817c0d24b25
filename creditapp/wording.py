"""Reasons in the reader's language, as the API answers them and the pages show them."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from creditapp.reasons import Reason


def worded(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Each reason as it is answered."""
    return [reason.worded(gettext) for reason in reasons]
