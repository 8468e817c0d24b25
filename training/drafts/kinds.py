"""The kinds of cells, whole columns of which may be of: numbers in several notations, and dates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from training.drafts import dates

Numbers = NDArray[np.float64]

SYMBOLS = "$€£¥%"
# why: a text with a zero before it, such as 01234, is a code and would lose the zero.
_WHOLE = r"(?:0|[1-9]\d*)"
_PLAIN = rf"(?:{_WHOLE}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,3}})?"
_COMMA = rf"(?:[1-9]\d{{0,2}}(?:\.\d{{3}})+|{_WHOLE})(?:,\d+)?"
_GROUPED = rf"[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?|{_WHOLE}(?:\.\d+)?"


@dataclass(frozen=True)
class Kind:
    """A notation: the Table Schema type, the properties it needs, what matches, and how it is read."""

    name: str
    type: str
    expression: str
    read: Callable[[Any], Numbers] = field(compare=False, repr=False)
    properties: dict[str, Any] = field(default_factory=dict, compare=False)
    shown: str = ""

    def matches(self, cells: Any) -> Any:
        """Which cells are written in this notation."""
        return pc.match_substring_regex(cells, self.expression)


def numbers_of(cells: Any, kind: Kind) -> Numbers:
    """The values of all cells, trimmed; not-a-number for a cell that is not of the kind."""
    mask = kind.matches(cells).to_numpy(zero_copy_only=False)
    values = np.full(len(cells), np.nan)
    values[mask] = kind.read(cells.filter(mask))
    return values


def _read_numbers(*removed: str, comma: bool = False) -> Callable[[Any], Numbers]:
    def read(cells: Any) -> Numbers:
        for text in ("+", *removed):
            cells = pc.replace_substring(cells, text, "")
        if comma:
            cells = pc.replace_substring(cells, ",", ".")
        values: Numbers = cells.cast("float64").to_numpy(zero_copy_only=False)
        return values

    return read


def _read_dates(format_: str) -> Callable[[Any], Numbers]:
    return lambda cells: dates.read_dates(cells.to_pylist(), format_)


def _date_kind(pattern: dates.DatePattern) -> Kind:
    return Kind(
        f"date {pattern.format} {pattern.shown}",
        "date",
        f"^(?:{pattern.expression})$",
        _read_dates(pattern.format),
        {} if pattern is dates.ISO else {"format": pattern.format},
        pattern.shown,
    )


_DROPPED = (*SYMBOLS, " ", "\u00a0")
INTEGER = Kind("integer", "integer", r"^(?:[+-]?[1-9]\d{0,17}|[+-]?0)$", _read_numbers())
NUMBER = Kind("number", "number", rf"^[+-]?{_PLAIN}$", _read_numbers())
COMMA = Kind(
    "decimal comma",
    "number",
    rf"^[+-]?(?:{_COMMA})$",
    _read_numbers(".", comma=True),
    {"decimalChar": ",", "groupChar": "."},
)
GROUPED = Kind(
    "grouped", "number", rf"^[+-]?(?:{_GROUPED})$", _read_numbers(","), {"groupChar": ","}
)
WITH_SYMBOL = Kind(
    "with symbol",
    "number",
    rf"^[{SYMBOLS}]? ?[+-]?{_PLAIN}[\s\x{{00A0}}]?[{SYMBOLS}]?$",
    _read_numbers(*_DROPPED),
    {"bareNumber": False},
)
GROUPED_SYMBOL = Kind(
    "grouped with symbol",
    "number",
    rf"^[{SYMBOLS}]? ?[+-]?(?:{_GROUPED})[\s\x{{00A0}}]?[{SYMBOLS}]?$",
    _read_numbers(",", *_DROPPED),
    {"groupChar": ",", "bareNumber": False},
)
COMMA_SYMBOL = Kind(
    "decimal comma with symbol",
    "number",
    rf"^[{SYMBOLS}]? ?[+-]?(?:{_COMMA})[\s\x{{00A0}}]?[{SYMBOLS}]?$",
    _read_numbers(".", *_DROPPED, comma=True),
    {"decimalChar": ",", "groupChar": ".", "bareNumber": False},
)
DATES = tuple(map(_date_kind, dates.PATTERNS))
NUMERIC = (INTEGER, NUMBER, GROUPED, COMMA, WITH_SYMBOL, GROUPED_SYMBOL, COMMA_SYMBOL)
KINDS = (*DATES, *NUMERIC)
"""In the order of preference where several fit a column equally."""
