"""Encodes answers as the numbers that the model reads, as the bundle's metadata describe."""

from bisect import bisect_right
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
With `{"fill": …, "missing": [answers]}` beside one of the first two, a missing answer counts as the number
`fill` (before it is standardised), and one more column per missing answer is 1 for that answer and else 0.
`{"splits": [numbers], "gaps": [missing answers]}` is one column with the position of the answer's bin: how
many splits are at most the answer; the missing answers have the positions after the last bin.
"""

Encoded = npt.NDArray[np.float32]
"""Encoded rows; shape (n, width)."""


def width_of(encoding: Mapping[str, Any]) -> int:
    """The number of columns of one feature."""
    return len(encoding.get("nominal", [0])) + len(encoding.get("missing", []))


@dataclass(frozen=True)
class Filled:
    """A number or a rank that may be missing: its first column, and one column per missing answer."""

    name: str
    start: int
    ranks: Mapping[Any, float] | None
    mean: float
    scale: float
    fill: float
    missing: Mapping[Any, int]

    def number(self, answer: Any) -> float:
        """The standardised number of an answer."""
        if answer in self.missing:
            number = self.fill
        else:
            number = float(answer) if self.ranks is None else self.ranks[answer]
        return (number - self.mean) / self.scale


@dataclass(frozen=True)
class Binned:
    """A number in bins: one column with the position of its bin, or of its missing answer."""

    name: str
    start: int
    splits: Sequence[float]
    gaps: Mapping[Any, float]

    def position(self, answer: Any) -> float:
        """The position of an answer's bin; a bin begins with its split."""
        if answer in self.gaps:
            return self.gaps[answer]
        return float(bisect_right(self.splits, answer))


@dataclass(frozen=True)
class Encoder:
    """The preprocessing of one model; its float32 numbers are exactly those of scikit-learn."""

    width: int
    numeric: Sequence[tuple[str, int]]
    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    ordinal: Sequence[tuple[str, int, Mapping[Any, float]]]
    nominal: Sequence[tuple[str, Mapping[Any, int]]]
    filled: Sequence[Filled]
    binned: Sequence[Binned]

    @classmethod
    def from_inputs(cls, inputs: Inputs) -> "Encoder":
        """Make the encoder that a model's inputs describe.

        Raises:
            KeyError, TypeError, ValueError: the inputs do not describe an encoding.
        """
        starts = np.cumsum([0, *map(width_of, inputs.values())]).tolist()
        placed = list(zip(inputs.items(), starts, strict=False))
        whole = [one for one in placed if "missing" not in one[0][1]]
        scaled = [
            (name, encoding, start) for (name, encoding), start in whole if "mean" in encoding
        ]
        return cls(
            width=starts[-1],
            numeric=[(name, start) for name, _, start in scaled],
            means=_numbers([encoding["mean"] for _, encoding, _ in scaled]),
            scales=_numbers([encoding["scale"] for _, encoding, _ in scaled]),
            ordinal=[
                (name, start, _ranks(encoding["ordinal"]))
                for (name, encoding), start in whole
                if "ordinal" in encoding
            ],
            nominal=[
                (name, _places(encoding["nominal"], start))
                for (name, encoding), start in whole
                if "nominal" in encoding
            ],
            filled=[
                _filled(name, encoding, start)
                for (name, encoding), start in placed
                if "missing" in encoding
            ],
            binned=[
                _binned(name, encoding, start)
                for (name, encoding), start in placed
                if "splits" in encoding
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
        for filled in self.filled:
            encoded[:, filled.start] = [filled.number(answer) for answer in columns[filled.name]]
            for row, answer in enumerate(columns[filled.name]):
                if answer in filled.missing:
                    encoded[row, filled.missing[answer]] = 1
        for binned in self.binned:
            encoded[:, binned.start] = [binned.position(one) for one in columns[binned.name]]
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
        for filled in self.filled:
            answer = answers[filled.name]
            row[filled.start] = filled.number(answer)
            if answer in filled.missing:
                row[filled.missing[answer]] = 1.0
        for binned in self.binned:
            row[binned.start] = binned.position(answers[binned.name])
        return np.array([row], dtype=np.float32)

    @cached_property
    def _scaling(self) -> Sequence[tuple[tuple[str, int], float, float]]:
        means, scales = self.means.ravel().tolist(), self.scales.ravel().tolist()
        return list(zip(self.numeric, means, scales, strict=True))


def _filled(name: str, encoding: Mapping[str, Any], start: int) -> Filled:
    ranks = _ranks(encoding["ordinal"]) if "ordinal" in encoding else None
    mean, scale = encoding.get("mean", 0.0), encoding.get("scale", 1.0)
    missing = _places(encoding["missing"], start + 1)
    return Filled(name, start, ranks, mean, scale, encoding["fill"], missing)


def _binned(name: str, encoding: Mapping[str, Any], start: int) -> Binned:
    splits = encoding["splits"]
    first = len(splits) + 1.0
    gaps = {answer: first + place for place, answer in enumerate(encoding["gaps"])}
    return Binned(name, start, splits, gaps)


def _ranks(codes: Sequence[Any]) -> dict[Any, float]:
    return {code: float(rank) for rank, code in enumerate(codes)}


def _places(codes: Sequence[Any], start: int) -> dict[Any, int]:
    return {code: start + offset for offset, code in enumerate(codes)}


def _numbers(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """The mean or the scale of each numeric feature; shape (numeric features, 1)."""
    return np.array(values, dtype=np.float64).reshape(-1, 1)
