"""Chooses the notation of a column, and says what is uncertain about it."""

import re
from collections.abc import Iterable
from typing import Any

import pyarrow.compute as pc

from training.drafts import dates
from training.drafts.fields import DraftField
from training.drafts.kinds import (
    COMMA,
    COMMA_SYMBOL,
    GROUPED,
    GROUPED_SYMBOL,
    INTEGER,
    KINDS,
    NUMBER,
    NUMERIC,
    WITH_SYMBOL,
    Kind,
)
from training.drafts.missing import is_missing_text
from training.drafts.profile import Fit, Profile

MOST_ODD_TEXTS = 5
FEWEST_NUMBERS = 10
COMMAS = {NUMBER: COMMA, GROUPED: COMMA, WITH_SYMBOL: COMMA_SYMBOL, GROUPED_SYMBOL: COMMA_SYMBOL}
"""The notation with a decimal comma, for each with a decimal point."""


def kind_of(profile: Profile, *, commas: bool) -> Kind | None:
    """The notation of most cells, if the others stand for missing answers; else None.

    With `commas`, other columns of the file have decimal commas, so that 1.234 is a thousand.
    """
    fitting = {kind: fit for kind, fit in profile.fits.items() if _is_fitting(profile, fit)}
    if not fitting:
        return None
    best = max(fitting, key=lambda kind: (fitting[kind].cells, -KINDS.index(kind)))
    comma = COMMAS.get(best)
    if commas and comma in fitting and fitting[comma].cells == fitting[best].cells:
        return comma
    return best


def have_decimal_commas(profiles: Iterable[Profile]) -> bool:
    """Whether a column can only be read with decimal commas."""
    return any(kind_of(profile, commas=False) in (COMMA, COMMA_SYMBOL) for profile in profiles)


def _is_fitting(profile: Profile, fit: Fit) -> bool:
    if not fit.cells:
        return False
    odd = [text for text in fit.misfits if not is_missing_text(text, among_texts=False)]
    if not odd:
        return True
    numbers = profile.distinct - len(fit.misfits)
    return (
        len(odd) <= MOST_ODD_TEXTS and fit.cells >= profile.filled / 2 and numbers > FEWEST_NUMBERS
    )


def describe_notation(field: DraftField, profile: Profile, cells: Any) -> None:
    """Declare how the cells of a number or date are written, with what is uncertain."""
    if field.kind is None:
        return
    field.properties.update(field.kind.properties)
    if field.type == "date":
        _describe_date(field, profile)
    elif field.kind in NUMERIC:
        _describe_number(field, cells)


def _describe_date(field: DraftField, profile: Profile) -> None:
    format_ = field.properties.get("format", "default")
    kind = field.kind
    shown = kind.shown if kind else ""
    field.note(f"Dates are written {shown}.")
    other = dates.other_order(format_)
    if other and any(
        one.properties.get("format") == other and kind and fit.cells == profile.fits[kind].cells
        for one, fit in profile.fits.items()
    ):
        field.ask(
            f'day and month cannot be told apart: every date also reads as "{other}"; '
            "compare with the source"
        )
    if "%y" in format_:
        field.ask(
            "years have two digits: 69 to 99 are read as 1969 to 1999, 00 to 68 as 2000 to 2068"
        )


def _describe_number(field: DraftField, cells: Any) -> None:
    if field.kind in (COMMA, COMMA_SYMBOL):
        _describe_commas(field, cells)
    elif field.kind in (GROUPED, GROUPED_SYMBOL):
        field.note('Thousands are grouped with commas; groupChar: "," says so.')
        if not _any(cells, r"\."):
            field.type = "integer"
            field.ask(
                '"1,234" is read as one thousand two hundred and thirty-four; compare with the source'
            )
    if (
        field.kind is NUMBER
        and _any(cells, r"\.")
        and not _any(cells, r"\.(\d{0,2}$|\d{4}|.*[.eE])")
    ):
        field.ask(
            '"1.234" is read as a little more than one, not as a thousand; compare with the source'
        )
    if "bareNumber" in field.properties:
        signs = sorted(set(re.findall(r"[$€£¥%]", " ".join(cells.slice(0, 1000).to_pylist()))))
        field.note(f"Cells carry {' and '.join(signs)}; bareNumber: false leaves signs out.")
        if signs in (["%"], ["€"], ["$"], ["£"], ["¥"]):
            field.unit = signs[0]
    if field.kind is not INTEGER and field.type == "number" and not _any(cells, r"[.,]\d*[1-9]"):
        field.note("All numbers are whole, but written with a decimal point.")


def _describe_commas(field: DraftField, cells: Any) -> None:
    if not _any(cells, ","):
        del field.properties["decimalChar"]
        field.type = "integer"
        field.note('Thousands are grouped with points; groupChar: "." says so.')
        return
    field.note('Numbers have decimal commas; decimalChar: "," says so.')
    if not _any(cells, r"\."):
        del field.properties["groupChar"]


def _any(cells: Any, expression: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, expression)).as_py())
