"""Encodes answers as the numbers that the forest reads, as the bundle's metadata describe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.table import Columns

Inputs = Mapping[str, Mapping[str, Any]]
"""How each feature's answers are encoded, in the order of the forest's columns.

`{"mean": …, "scale": …}` is one standardised column. `{"ordinal": [codes]}` is one column with the code's
position in the list. `{"nominal": [codes]}` is one column per code, 1 for the answer's code and else 0.
"""

Encoded = npt.NDArray[np.float32]
"""Encoded rows; shape (n, width)."""


@dataclass(frozen=True)
class Encoder:
    """The preprocessing of one model; its float32 numbers are exactly those of scikit-learn."""

    width: int
    numeric: Sequence[tuple[str, int]]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    ordinal: Sequence[tuple[str, int, Mapping[str, float]]]
    nominal: Sequence[tuple[str, Mapping[str, int]]]

    @classmethod
    def from_inputs(cls, inputs: Inputs) -> "Encoder":
        """Make the encoder that a model's inputs describe.

        Raises:
            KeyError, TypeError, ValueError: the inputs do not describe an encoding.
        """
        widths = [len(encoding.get("nominal", [0])) for encoding in inputs.values()]
        starts = np.cumsum([0, *widths]).tolist()
        placed = list(zip(inputs.items(), starts, strict=False))
        return cls(
            width=starts[-1],
            numeric=[(name, start) for (name, encoding), start in placed if "mean" in encoding],
            means=_numbers(inputs, "mean"),
            scales=_numbers(inputs, "scale"),
            ordinal=[
                (name, start, {code: float(rank) for rank, code in enumerate(encoding["ordinal"])})
                for (name, encoding), start in placed
                if "ordinal" in encoding
            ],
            nominal=[
                (name, {code: start + offset for offset, code in enumerate(encoding["nominal"])})
                for (name, encoding), start in placed
                if "nominal" in encoding
            ],
        )

    def encode(self, columns: Columns) -> Encoded:
        """Encode each application as one row of numbers; shape (n, width)."""
        rows = len(next(iter(columns.values())))
        if rows == 1:
            return self._encode_one({name: answer for name, [answer] in columns.items()})
        encoded = np.zeros((rows, self.width), dtype=np.float32)
        if self.numeric:
            # why: scale in float64 and round to float32 once, as scikit-learn does. Answers are often
            # whole numbers and can lie exactly on a threshold, where rounding twice would change a score.
            answers = np.array([columns[name] for name, _ in self.numeric], dtype=np.float64)
            starts = [start for _, start in self.numeric]
            encoded[:, starts] = ((answers - self.means) / self.scales).T
        for name, start, ranks in self.ordinal:
            encoded[:, start] = [ranks[answer] for answer in columns[name]]
        if self.nominal:
            hot = [[places[answer] for answer in columns[name]] for name, places in self.nominal]
            encoded[np.arange(rows), np.array(hot, dtype=np.intp)] = 1
        return encoded

    def _encode_one(self, answers: Mapping[str, Any]) -> Encoded:
        """Encode one application; the result is exactly that of `encode`."""
        # why: for a single row, plain Python floats (float64 too) are much faster than NumPy.
        row = [0.0] * self.width
        for (name, start), mean, scale in self._scaling:
            row[start] = (float(answers[name]) - mean) / scale
        for name, start, ranks in self.ordinal:
            row[start] = ranks[answers[name]]
        for name, places in self.nominal:
            row[places[answers[name]]] = 1.0
        return np.array([row], dtype=np.float32)

    @cached_property
    def _scaling(self) -> Sequence[tuple[tuple[str, int], float, float]]:
        means, scales = self.means.ravel().tolist(), self.scales.ravel().tolist()
        return list(zip(self.numeric, means, scales, strict=True))


def _numbers(inputs: Inputs, key: str) -> npt.NDArray[np.float64]:
    """The mean or the scale of each numeric feature; shape (numeric features, 1)."""
    return np.array(
        [[encoding[key]] for encoding in inputs.values() if key in encoding], dtype=np.float64
    )
