"""Encodes answers as the numbers that the model reads, as the bundle's metadata describe."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.table import Columns
from creditapp.columns import Column

Inputs = Mapping[str, Mapping[str, Any]]
"""How each feature's answers are encoded, in the order of the forest's columns.

`{"mean": …, "scale": …}` is one standardised column. `{"ordinal": [codes]}` is one column with the code's
position in the list. `{"nominal": [codes]}` is one column per code, 1 for the answer's code and else 0.
With `{"fill": …, "missing": [answers]}` beside one of the first two, a missing answer counts as the number
`fill` (before it is standardised), and one more column per missing answer is 1 for that answer and else 0.
`{"splits": [numbers], "gaps": [missing answers]}` is one column with the position of the answer's bin: how
many splits are at most the answer; the missing answers have the positions after the last bin.
"""

Encoded = npt.NDArray[np.float32]
"""Encoded rows; shape (n, width)."""

Cells = Sequence[float]
"""The numbers of one answer: one for each column of its feature."""


def width_of(encoding: Mapping[str, Any]) -> int:
    """The number of columns of one feature."""
    return len(encoding.get("nominal", [0])) + len(encoding.get("missing", []))


@dataclass(frozen=True)
class Encoder:
    """The preprocessing of one model; its float32 numbers are exactly those of scikit-learn.

    `features` has the name of each feature, its number of columns, and the numbers of an answer.
    """

    width: int
    features: Sequence[tuple[str, int, Callable[[Any], Cells]]]

    @classmethod
    def from_inputs(cls, inputs: Inputs) -> "Encoder":
        """Make the encoder that a model's inputs describe.

        Raises:
            KeyError, TypeError, ValueError: the inputs do not describe an encoding.
        """
        features = [
            (name, width_of(encoding), _cells(encoding)) for name, encoding in inputs.items()
        ]
        return cls(sum(width for _, width, _ in features), features)

    def encode(self, columns: Columns) -> Encoded:
        """Encode each application as one row of numbers; shape (n, width).

        Raises:
            KeyError: the model does not know an answer.
        """
        rows = len(next(iter(columns.values())))
        # why: for a single row, plain Python is much faster than NumPy.
        if rows == 1:
            row: list[float] = []
            for name, _, cells in self.features:
                row += cells(columns[name][0])
            return np.array([row], dtype=np.float32)
        encoded = np.empty((rows, self.width), dtype=np.float32)
        start = 0
        for name, width, cells in self.features:
            column = Column.of(columns[name])
            # why: cells are float64, and are rounded to float32 once, as scikit-learn does. Answers are often
            # whole numbers and can lie exactly on a threshold, where rounding twice would change a score.
            table = np.array([*map(cells, column.distinct)], np.float32).reshape(-1, width)
            encoded[:, start : start + width] = table[column.places]
            start += width
        return encoded


def _cells(encoding: Mapping[str, Any]) -> Callable[[Any], Cells]:
    """The function that gives the numbers of an answer."""
    if "splits" in encoding:
        return _binned(encoding["splits"], encoding["gaps"])
    if "nominal" in encoding:
        return _one_hot(encoding["nominal"]).__getitem__
    return _number(encoding)


def _binned(splits: Sequence[float], gaps: Sequence[Any]) -> Callable[[Any], Cells]:
    """The position of an answer's bin, or of its missing answer; a bin begins with its split."""
    first = len(splits) + 1.0
    positions = {answer: first + place for place, answer in enumerate(gaps)}

    def cells(answer: Any) -> Cells:
        if answer in positions:
            return (positions[answer],)
        return (float(bisect_right(splits, answer)),)

    return cells


def _number(encoding: Mapping[str, Any]) -> Callable[[Any], Cells]:
    """The number or rank of an answer, standardised, and one more for each missing answer."""
    mean, scale = encoding.get("mean", 0.0), encoding.get("scale", 1.0)
    codes = encoding.get("ordinal")
    number: Callable[[Any], float] = float
    if codes is not None:
        number = {code: float(rank) for rank, code in enumerate(codes)}.__getitem__
    gaps = _one_hot(encoding.get("missing", ()))
    if not gaps:
        return lambda answer: ((number(answer) - mean) / scale,)
    filled = (encoding["fill"] - mean) / scale
    none = (0.0,) * len(gaps)

    def cells(answer: Any) -> Cells:
        if answer in gaps:
            return (filled, *gaps[answer])
        return ((number(answer) - mean) / scale, *none)

    return cells


def _one_hot(codes: Sequence[Any]) -> dict[Any, Cells]:
    """For each code, 1 in its own place and 0 in the others."""
    return {
        code: tuple(float(one == place) for one in range(len(codes)))
        for place, code in enumerate(codes)
    }
