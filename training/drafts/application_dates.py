"""Finds the day of the application among the date columns; the others become features."""

from collections.abc import Iterable

import numpy as np

from training.drafts import dates
from training.drafts.fields import DraftField
from training.drafts.names import application_date_rank, is_application_date, is_known_afterwards
from training.drafts.protected_names import is_birth
from training.drafts.survey import Survey

AFTERWARDS = 0.05
MOST_MISSING = 0.2
MONTH = 30


def mark_dates(fields: dict[str, DraftField], whole: Survey) -> str | None:
    """Give the roles of dates; return the day to count from if no field has it (`as_of`)."""
    found = [field for field in fields.values() if field.type == "date" and field.is_scored]
    for field in found:
        if is_birth(field.name):
            field.protected = True
    applied = _application_date(
        [
            field
            for field in found
            if not _is_other(field) and _missing(field, whole) <= MOST_MISSING
        ]
    )
    others = [field for field in found if field is not applied]
    if applied is not None:
        _make_application_date(applied, whole)
        for field in others:
            _compare(field, applied, whole)
    for field in others:
        if field.is_scored:
            field.note("Read as the number of days before the application.")
    return _newest(others, whole) if others and applied is None else None


def _is_other(field: DraftField) -> bool:
    return is_birth(field.name) or is_known_afterwards(field.name)


def _application_date(candidates: list[DraftField]) -> DraftField | None:
    ranked = [(application_date_rank(field.name), field) for field in candidates]
    named = [(rank, field) for rank, field in ranked if rank is not None]
    if named:
        return min(named, key=lambda one: one[0])[1]
    return candidates[0] if len(candidates) == 1 else None


def _make_application_date(field: DraftField, whole: Survey) -> None:
    field.role = "date"
    field.note("The day of the application: the newest rows are held out to test the model.")
    if not is_application_date(field.name):
        field.ask("is this the day of the application? If not, make it a feature or ignored")
    share = _missing(field, whole)
    if share:
        field.ask(
            f"{share:.1%} of the rows have no day of application; take them out of the file or fill it in"
        )


def _missing(field: DraftField, whole: Survey) -> float:
    profile = whole.profiles[field.name]
    codes = sum((profile.counts or {}).get(text, 0) for text in field.codes if text)
    return (profile.empty + codes) / whole.rows


def _compare(field: DraftField, applied: DraftField, whole: Survey) -> None:
    """A date after the application was not known when the application was decided."""
    if field.kind is None or applied.kind is None:
        return
    day = whole.numbers(field.name, field.kind)
    start = whole.numbers(applied.name, applied.kind)
    both = np.isfinite(day) & np.isfinite(start)
    # why: a month is read as its first day, and the application may be of its last.
    end = start + (0 if "%d" in applied.properties.get("format", "%d") else MONTH)
    later = float(np.mean(day[both] > end[both])) if both.any() else 0.0
    if later > AFTERWARDS:
        field.ignore(
            f"later than {applied.name} in {later:.0%} of the rows, so not known at that time"
        )
        field.ask(
            f"later than {applied.name} in {later:.0%} of the rows: was it known when deciding?"
        )


def _newest(fields: Iterable[DraftField], whole: Survey) -> str:
    days = [
        whole.profiles[field.name].fits[field.kind].highest[-1] for field in fields if field.kind
    ]
    return dates.written(max(days))
