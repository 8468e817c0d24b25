"""Marks the fields that the law may forbid a lender to use."""

from collections.abc import Iterable

from training.drafts.fields import DraftField
from training.drafts.protected_names import protected_as, protected_by_values


def mark_protected(fields: Iterable[DraftField]) -> None:
    """Mark by the names and categories. What they do not say, a person must find."""
    for field in fields:
        what = protected_as(field.name) or protected_by_values(field.categories)
        if field.is_scored and (what or field.protected):
            field.protected = True
            field.note(
                f"Protected: it seems to be {what or 'a date of birth'}, which the law may forbid to use."
            )
