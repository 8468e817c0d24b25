"""Drafts a field of numbers or dates: missing codes, integer codes, limits."""

from typing import Any

import numpy as np

from training.drafts import dates
from training.drafts.fields import DraftField
from training.drafts.kinds import INTEGER, Kind, Numbers
from training.drafts.limits import limits_of
from training.drafts.missing import date_sentinels, is_missing_text, label_of, sentinels
from training.drafts.names import is_count_like, unit_of
from training.drafts.notation import describe_notation
from training.drafts.profile import Profile
from training.drafts.survey import Survey

MOST_CODES = 10
ORDERED = "categoriesOrdered: true"


def draft_numeric(profile: Profile, kind: Kind, whole: Survey) -> DraftField:
    """A field whose cells are numbers or dates of one notation, but for missing codes."""
    field = DraftField(profile.name, kind.type, kind)
    cells = whole.cells(profile.name)
    describe_notation(field, profile, cells)
    _declare_odd_texts(field, profile, kind)
    found = _declare_sentinels(field, profile, cells, whole.numbers(profile.name, kind))
    if field.type == "date":
        _describe_range(field, profile, kind, found)
        return field
    values = _code_values(profile, kind, found)
    if values is not None and len(values) <= MOST_CODES and not is_count_like(field.name):
        _declare_codes(field, values)
    set_limits(field, profile, found)
    field.unit = field.unit or unit_of(field.name)
    return field


def _declare_codes(field: DraftField, values: list[int]) -> None:
    field.categories = [*values]
    if len(values) > 2:
        field.ask(
            f"{len(values)} integers are taken for codes without an order: give each a label; if "
            f"they are steps, add {ORDERED}; if they are a count, give limits instead"
            + _may_be_missing(values)
        )
    else:
        field.note("Taken for codes; give each a label.")


def _may_be_missing(values: list[int]) -> str:
    """A remark on a 9 that stands apart: often, it means that there was no answer."""
    return "; is 9 a missing code?" if values[-1] == 9 and values[-2] < 8 else ""


def set_limits(field: DraftField, profile: Profile, codes: list[float] | None = None) -> None:
    """Give a field of numbers the limits of its column, without its missing codes."""
    if field.kind is None:
        return
    codes = [float(text) for text in field.codes if _is_number(text)] if codes is None else codes
    fit = profile.fits[field.kind]
    low = fit.lowest[~np.isin(fit.lowest, codes)]
    high = fit.highest[~np.isin(fit.highest, codes)]
    if len(low) and len(high):
        field.minimum, field.maximum = limits_of(
            float(low[0]), float(high[-1]), whole=field.type == "integer"
        )
        if not field.categories:
            field.note(
                f"Found {_shown(float(low[0]))} to {_shown(float(high[-1]))}; the limits are wider, "
                "rounded outward."
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _describe_range(field: DraftField, profile: Profile, kind: Kind, codes: list[float]) -> None:
    fit = profile.fits[kind]
    days = [day for day in (*fit.lowest, *fit.highest) if day not in codes]
    if days:
        field.note(f"Found {dates.written(min(days))} to {dates.written(max(days))}.")


def _shown(number: float) -> str:
    return (
        f"{number:.12g}" if number.is_integer() else f"{number:.{4 if abs(number) < 1e4 else 12}g}"
    )


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
    find = date_sentinels if field.type == "date" else sentinels
    found = find(numbers, fit.lowest, fit.highest)
    known = max(1, int(np.count_nonzero(np.isfinite(numbers))))
    shown = []
    for value in found:
        places = np.flatnonzero(numbers == value)
        shown.append(
            f"{cells[int(places[0])].as_py()} ({len(places) / known:.1%} of the filled cells)"
        )
        for text in sorted({cells[int(place)].as_py() for place in places[:1000]}):
            field.missing.append((text, f"code {text}"))
    if found:
        field.ask(
            f"{', '.join(shown)}: apart from the rest, so taken for missing codes; say what they mean "
            "in their labels, or take them out of missingValues"
        )
    return found


def _code_values(profile: Profile, kind: Kind, codes: list[float]) -> list[int] | None:
    """The values of an integer column with few; None for any other."""
    if kind is not INTEGER or profile.counts is None:
        return None
    misfits = profile.fits[kind].misfits
    values = {int(text) for text in profile.counts if text not in misfits}
    return sorted(values - set(map(int, codes)))
