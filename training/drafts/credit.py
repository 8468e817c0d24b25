"""Finds the amount and the duration of the credit, of which an applicant could ask for less."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from training.drafts.fields import DraftField
from training.drafts.names import amount_rank, is_term


class Credit(NamedTuple):
    """The names of the amount and of the duration, where one field alone fits."""

    amount: str | None
    term: str | None


def mark_credit(fields: Iterable[DraftField]) -> Credit:
    """Find both, and mark those that are numbers as changeable."""
    scored = [field for field in fields if field.is_scored]
    amount, term = _amount(scored), _term(scored)
    for field in (amount, term):
        if field and _is_number(field):
            field.changeable = "smaller"
            field.note("Changeable: an applicant could ask for less.")
    return Credit(amount.name if amount else None, term.name if term else None)


def _amount(scored: Sequence[DraftField]) -> DraftField | None:
    ranked = [
        (rank, field)
        for field in scored
        if _is_number(field) and (rank := amount_rank(field.name)) is not None
    ]
    for best in sorted({rank for rank, _ in ranked}):
        fitting = [field for rank, field in ranked if rank == best]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _term(scored: Sequence[DraftField]) -> DraftField | None:
    fitting = [field for field in scored if is_term(field.name)]
    return fitting[0] if len(fitting) == 1 else None


def _is_number(field: DraftField) -> bool:
    return field.type in ("integer", "number") and not field.categories
