"""What is kept of a column while a file is read: counts, notations that fit, and extremes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.drafts.distinct import KEPT, DistinctValues
from training.drafts.kinds import KINDS, Kind, Numbers
from training.drafts.missing import is_missing_text

MOST_COUNTED = 1000
MOST_MISFITS = 20
EXTREMES = 16
MOST_TRIED = 20_000
PEEK = 50
TRIED = 5
"""A notation that fits nothing among more than this many distinct texts is given up."""


@dataclass
class Fit:
    """How well a notation fits: the cells it reads, those it does not, and the extreme values."""

    cells: int = 0
    misfits: dict[str, int] = field(default_factory=dict)
    lowest: Numbers = field(default_factory=lambda: np.empty(0))
    highest: Numbers = field(default_factory=lambda: np.empty(0))

    def add(self, kind: Kind, values: Any, counts: Any) -> bool:
        """Read distinct texts with their counts; whether the notation is still worth trying."""
        # why: most notations fit no cell at all, and the first cells say so.
        if pc.sum(pc.invert(kind.matches(values.slice(0, PEEK)))).as_py() > MOST_MISFITS:
            return False
        mask = kind.matches(values).to_numpy(zero_copy_only=False)
        numbers = np.full(len(values), np.nan)
        if mask.any():
            numbers[mask] = kind.read(values.filter(pa.array(mask)))
        read = np.isfinite(numbers)
        self.cells += int(counts[read].sum())
        self._keep_extremes(numbers[read])
        for place in np.flatnonzero(~read)[: MOST_MISFITS + 1]:
            text = values[int(place)].as_py()
            self.misfits[text] = self.misfits.get(text, 0) + int(counts[place])
        return len(self.misfits) <= (MOST_MISFITS if self.cells else TRIED)

    def may_still_fit(self) -> bool:
        """Whether it read a cell, or saw nothing yet but codes for a missing answer."""
        return bool(self.cells) or all(
            is_missing_text(text, among_texts=False) for text in self.misfits
        )

    def _keep_extremes(self, numbers: Numbers) -> None:
        if len(self.lowest) == EXTREMES:
            numbers = numbers[(numbers < self.lowest[-1]) | (numbers > self.highest[0])]
        if len(numbers):
            self.lowest = np.unique(np.concatenate([self.lowest, numbers]))[:EXTREMES]
            self.highest = np.unique(np.concatenate([self.highest, numbers]))[-EXTREMES:]


class Profile:
    """A column as far as it was read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.empty = 0
        self.filled = 0
        self.padded = False
        self.longest = 0
        self.counts: dict[str, int] | None = {}
        self.fits: dict[Kind, Fit] = {kind: Fit() for kind in KINDS}
        self._distinct = DistinctValues()

    @property
    def distinct(self) -> float:
        """The number of distinct texts: counted, or estimated where there are many."""
        if self.counts is not None:
            return float(len(self.counts))
        return min(self._distinct.estimate(), float(self.filled))

    @property
    def shown_distinct(self) -> str:
        """The number of distinct texts for people: `about` where it is estimated."""
        about = "about " if self.distinct >= KEPT - 1 and self.counts is None else ""
        return f"{about}{self.distinct:,.0f}"

    def add(self, cells: Any) -> Any:
        """Take in a batch of cells, and return them trimmed."""
        trimmed = pc.utf8_trim_whitespace(cells)
        self.padded |= bool(pc.any(pc.not_equal(trimmed, cells)).as_py())
        counted = trimmed.value_counts()
        values, counts = counted.field("values"), counted.field("counts").to_numpy()
        filled = pc.not_equal(values, "").to_numpy(zero_copy_only=False)
        self.empty += int(counts[~filled].sum())
        self._add_values(values.filter(pa.array(filled)), counts[filled])
        return trimmed

    def _add_values(self, values: Any, counts: Any) -> None:
        if not len(values):
            return
        self.filled += int(counts.sum())
        self.longest = max(self.longest, pc.max(pc.utf8_length(values)).as_py())
        self._count(values, counts)
        self.fits = {kind: fit for kind, fit in self.fits.items() if fit.add(kind, values, counts)}
        if self.filled > MOST_TRIED:
            self.fits = {kind: fit for kind, fit in self.fits.items() if fit.may_still_fit()}

    def _count(self, values: Any, counts: Any) -> None:
        if self.counts is None:
            self._distinct.add(values.cast(pa.binary()).to_pylist())
            return
        for text, count in zip(values.to_pylist(), counts.tolist(), strict=True):
            self.counts[text] = self.counts.get(text, 0) + count
        if len(self.counts) > MOST_COUNTED:
            self._distinct.add([text.encode() for text in self.counts])
            self.counts = None
