"""Columns that hold each distinct value once: what depends on a value is worked out once for all its rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]
"""For each row, the place of its value among the distinct ones; shape (rows,)."""

Truths = npt.NDArray[np.bool_]
"""For each row, whether something is true; shape (rows,)."""

HASHED_ALIKE = frozenset({int, str, bool, float, tuple, type, type(None)})
"""Types whose values can be told apart by themselves, if a column has only one of them and no float is 0."""


@dataclass(frozen=True, eq=False)
class Column(Sequence[Any]):
    """The distinct values of a column, and for each row the place of its value among them.

    Each distinct value stands in some row: what is done with a value could fail for one that nobody gave.
    """

    distinct: Sequence[Any]
    places: Places

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Column":
        """The column of some values; 1, 1.0 and true are different, and so are 0.0 and -0.0."""
        if isinstance(values, Column):
            return values
        kinds = set(map(type, values))
        has_zeros = float in kinds and 0.0 in values
        is_plain = len(kinds) < 2 and kinds <= HASHED_ALIKE and not has_zeros
        keys = values if is_plain else list(map(_key, values))
        # why: a dictionary that numbers each new key by itself needs one pass without a loop in Python.
        numbers: defaultdict[Any, int] = defaultdict(count().__next__)
        places = np.fromiter(map(numbers.__getitem__, keys), np.intp, len(values))
        distinct = numbers if is_plain else dict(zip(keys, values, strict=True)).values()
        return cls(list(distinct), places)

    @classmethod
    def same(cls, value: Any, rows: int) -> "Column":
        """The column that has one value in every row."""
        return cls([value] if rows else [], np.zeros(rows, dtype=np.intp))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: Any) -> Any:
        """The value of one row."""
        return self.distinct[self.places[row]]

    def values(self) -> list[Any]:
        """The value of each row."""
        table = np.empty(len(self.distinct), dtype=object)
        table[:] = self.distinct
        values: list[Any] = table[self.places].tolist()
        return values

    @staticmethod
    def listed(values: Sequence[Any]) -> Sequence[Any]:
        """Values as a list, whether they are a column or not."""
        return values.values() if isinstance(values, Column) else values

    def each(self, change: Callable[[Any], Any]) -> "Column":
        """The column of what a function makes of each value."""
        return Column(list(map(change, self.distinct)), self.places)

    def where(self, is_true: Callable[[Any], bool]) -> Truths:
        """The rows whose value passes a test."""
        truths = np.fromiter(map(is_true, self.distinct), np.bool_, len(self.distinct))
        if not truths.any():
            return np.zeros(len(self.places), dtype=np.bool_)
        found: Truths = truths[self.places]
        return found

    def take(self, rows: Places) -> "Column":
        """The column of some rows, without the values that only other rows have."""
        places = self.places[rows]
        used = np.zeros(len(self.distinct), dtype=np.bool_)
        used[places] = True
        kept = np.flatnonzero(used).tolist()
        return Column([self.distinct[place] for place in kept], (np.cumsum(used) - 1)[places])

    def beside(self, other: "Column") -> "Column":
        """The column of the pairs of this column's and another one's values."""
        width = max(len(other.distinct), 1)
        pairs, places = np.unique(self.places * width + other.places, return_inverse=True)
        distinct = [
            (self.distinct[pair // width], other.distinct[pair % width]) for pair in pairs.tolist()
        ]
        return Column(distinct, places)


def _key(value: Any) -> tuple[type, Any]:
    """What tells a value apart from others of any type."""
    return type(value), repr(value) if isinstance(value, list | dict | float) else value
