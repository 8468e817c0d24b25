"""Leaves out postal codes: they are no quantity, and too many for a category."""

from collections.abc import Iterable

from training.drafts.fields import DraftField
from training.drafts.names import is_postal_code


def ignore_postal_codes(fields: Iterable[DraftField]) -> None:
    """Leave out the integers that are postal codes by their name."""
    for field in fields:
        if field.is_scored and field.type == "integer" and is_postal_code(field.name):
            field.comments.clear()
            field.ignore("a postal code is no quantity, and it may stand for who lives there")
            field.ask("a postal code: leave it out, or group it in the file to at most 50 regions")
