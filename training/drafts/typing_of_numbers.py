"""Drafts a field of numbers or dates: missing codes, integer codes, limits."""

from typing import Any

import numpy as np

from training.drafts import dates
from training.drafts.fields import DraftField
from training.drafts.kinds import INTEGER, Kind, Numbers
from training.drafts.limits import limits_of
from training.drafts.missing import is_missing_text, label_of, sentinels
from training.drafts.names import is_count_like, unit_of
from training.drafts.notation import describe_notation
from training.drafts.profile import Profile
from training.drafts.survey import Survey

MOST_CODES = 10


def draft_numeric(profile: Profile, kind: Kind, whole: Survey) -> DraftField:
    """A field whose cells are numbers or dates of one notation, but for missing codes."""
    field = DraftField(profile.name, kind.type, kind)
    cells = whole.cells(profile.name)
    describe_notation(field, profile, cells)
    _declare_odd_texts(field, profile, kind)
    if field.type == "date":
        _describe_range(field, profile, kind)
        return field
    found = _declare_sentinels(field, profile, cells, whole.numbers(profile.name, kind))
    values = _code_values(profile, kind, found)
    if values is not None and len(values) <= MOST_CODES and not is_count_like(field.name):
        field.categories = list(values)
        field.note(
            f"An integer with {len(values)} values: taken for codes. Give each a label; if they are "
            "counts or steps, use limits or categoriesOrdered: true."
        )
    set_limits(field, profile, found)
    field.unit = field.unit or unit_of(field.name)
    return field


def set_limits(field: DraftField, profile: Profile, codes: list[float] | None = None) -> None:
    """Give a field of numbers the limits of its column, without its missing codes."""
    if field.kind is None:
        return
    codes = [float(text) for text in field.codes if _is_number(text)] if codes is None else codes
    fit = profile.fits[field.kind]
    low = fit.lowest[~np.isin(fit.lowest, codes)]
    high = fit.highest[~np.isin(fit.highest, codes)]
    if len(low) and len(high):
        field.minimum, field.maximum = limits_of(float(low[0]), float(high[-1]))
        if not field.categories:
            field.note(
                f"Found {low[0]:.12g} to {high[-1]:.12g}; the limits are wider, rounded outward."
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _describe_range(field: DraftField, profile: Profile, kind: Kind) -> None:
    fit = profile.fits[kind]
    field.note(f"Found {dates.written(fit.lowest[0])} to {dates.written(fit.highest[-1])}.")


def _declare_odd_texts(field: DraftField, profile: Profile, kind: Kind) -> None:
    for text, count in sorted(profile.fits[kind].misfits.items()):
        field.missing.append((text, label_of(text)))
        if is_missing_text(text, among_texts=False):
            field.note(f'"{text}" ({count:,} cells) is a missing code.')
        else:
            field.ask(
                f'"{text}" ({count:,} cells) is no {kind.type} and is taken for a missing code; '
                "say what it means in its label, or correct the file"
            )


def _declare_sentinels(
    field: DraftField, profile: Profile, cells: Any, numbers: Numbers
) -> list[float]:
    if field.kind is None:
        return []
    fit = profile.fits[field.kind]
    found = sentinels(numbers, fit.lowest, fit.highest)
    for value in found:
        places = np.flatnonzero(numbers == value)
        share = len(places) / max(1, np.count_nonzero(np.isfinite(numbers)))
        for text in sorted({cells[int(place)].as_py() for place in places[:1000]}):
            field.missing.append((text, f"code {text}"))
            field.ask(
                f"{text} ({share:.1%} of the cells) lies apart from the rest and is taken for a "
                "missing code; say what it means in its label, or take it out of missingValues"
            )
    return found


def _code_values(profile: Profile, kind: Kind, codes: list[float]) -> list[int] | None:
    """The values of an integer column with few; None for any other."""
    if kind is not INTEGER or profile.counts is None:
        return None
    misfits = profile.fits[kind].misfits
    values = {int(text) for text in profile.counts if text not in misfits}
    return sorted(values - set(map(int, codes)))
