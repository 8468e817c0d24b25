"""Marks the fields that the law may forbid a lender to use."""

from collections.abc import Iterable

from training.drafts.fields import DraftField
from training.drafts.names import protected_as


def mark_protected(fields: Iterable[DraftField]) -> None:
    """Mark by name. What a name does not say, a person must find."""
    for field in fields:
        what = protected_as(field.name)
        if field.is_scored and (what or field.protected):
            field.protected = True
            field.note(
                f"Protected: the name suggests {what or 'a date of birth'}, which the law may forbid to use."
            )
