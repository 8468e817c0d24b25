"""From answers to the numbers that the forest was fitted on, as the bundle's metadata describe them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.table import Columns

Inputs = Mapping[str, Mapping[str, Any]]
"""For each feature, in the order of the forest's columns, how its answers become numbers.

`{"mean": …, "scale": …}` is one column, `{"ordinal": [codes]}` one with a code's place among them, and
`{"nominal": [codes]}` one for each code.
"""

Encoded = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """The preprocessing of one model; the numbers equal scikit-learn's bit by bit."""

    width: int
    numeric: Sequence[tuple[str, int]]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    ordinal: Sequence[tuple[str, int, Mapping[str, float]]]
    nominal: Sequence[tuple[str, Mapping[str, int]]]

    @classmethod
    def of(cls, inputs: Inputs) -> "Encoder":
        """The encoder that some inputs describe.

        Raises:
            KeyError, TypeError, ValueError: they describe none.
        """
        starts = np.cumsum([0, *(len(one.get("nominal", [0])) for one in inputs.values())]).tolist()
        placed = list(zip(inputs.items(), starts, strict=False))
        return cls(
            width=starts[-1],
            numeric=[(name, start) for (name, one), start in placed if "mean" in one],
            means=_numbers(inputs, "mean"),
            scales=_numbers(inputs, "scale"),
            ordinal=[
                (name, start, {code: float(place) for place, code in enumerate(one["ordinal"])})
                for (name, one), start in placed
                if "ordinal" in one
            ],
            nominal=[
                (name, {code: start + place for place, code in enumerate(one["nominal"])})
                for (name, one), start in placed
                if "nominal" in one
            ],
        )

    def encode(self, columns: Columns) -> Encoded:
        """One row of numbers per application; shape (n, width).

        Numeric answers are scaled as doubles and rounded to single precision once, as scikit-learn's
        forest does: the data are whole numbers, so that one can lie exactly on a threshold of a tree.
        """
        rows = len(next(iter(columns.values())))
        if rows == 1:
            return self._encode_one({name: answer for name, [answer] in columns.items()})
        encoded = np.zeros((rows, self.width), dtype=np.float32)
        if self.numeric:
            answers = np.array([columns[name] for name, _ in self.numeric], dtype=np.float64)
            places = [start for _, start in self.numeric]
            encoded[:, places] = ((answers - self.means) / self.scales).T
        for name, start, code_places in self.ordinal:
            encoded[:, start] = [code_places[answer] for answer in columns[name]]
        if self.nominal:
            hot = [[place[answer] for answer in columns[name]] for name, place in self.nominal]
            encoded[np.arange(rows), np.array(hot)] = 1
        return encoded

    def _encode_one(self, answers: Mapping[str, Any]) -> Encoded:
        """The same in Python's own numbers, doubles too: this ends before NumPy has begun."""
        row = [0.0] * self.width
        for (name, start), mean, scale in self._scaling:
            row[start] = (float(answers[name]) - mean) / scale
        for name, start, code_places in self.ordinal:
            row[start] = code_places[answers[name]]
        for name, place in self.nominal:
            row[place[answers[name]]] = 1.0
        return np.array([row], dtype=np.float32)

    @cached_property
    def _scaling(self) -> Sequence[tuple[tuple[str, int], float, float]]:
        means, scales = self.means.ravel().tolist(), self.scales.ravel().tolist()
        return list(zip(self.numeric, means, scales, strict=True))


def _numbers(inputs: Inputs, key: str) -> npt.NDArray[np.float64]:
    """One number of each numeric feature; shape (numeric features, 1)."""
    return np.array([[one[key]] for one in inputs.values() if key in one], dtype=np.float64)
