"""Finds the numbers at which a model's score can change."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from creditapp.scoring.encoder import Inputs, width_of
from creditapp.scoring.forest import Leaves

ROUNDING_ERROR = 1e-6
"""A number so near to a split, in standard deviations, may lie on either side: the model reads float32."""


class Split(NamedTuple):
    """The largest number that is certainly below a split, and the smallest that is certainly above it."""

    below: float
    above: float

    @classmethod
    def under(cls, number: float) -> "Split":
        """A split just under a number, which belongs to the upper side."""
        return cls(math.nextafter(number, -math.inf), number)

    @classmethod
    def over(cls, number: float) -> "Split":
        """A split just over a number, which belongs to the lower side."""
        return cls(number, math.nextafter(number, math.inf))


def splits_of(leaves: Leaves, inputs: Inputs) -> dict[str, tuple[Split, ...]]:
    """The splits of each feature that the model reads as a number, in rising order.

    Between two neighbouring splits the score is constant, whatever the other answers are.
    """
    starts = np.cumsum([0, *map(width_of, inputs.values())]).tolist()
    return {
        name: _splits(encoding, leaves, start)
        for (name, encoding), start in zip(inputs.items(), starts, strict=False)
        if "mean" in encoding or "splits" in encoding
    }


def _splits(encoding: Mapping[str, Any], leaves: Leaves, column: int) -> tuple[Split, ...]:
    if "splits" in encoding:
        return tuple(map(Split.under, encoding["splits"]))
    ends = np.unique([leaves.low[:, column], leaves.high[:, column]]).astype(np.float64)
    return tuple(_decoded(encoding, end) for end in ends[np.isfinite(ends)].tolist())


def _decoded(encoding: Mapping[str, Any], end: float) -> Split:
    """A split of a standardised column, as the applicant's numbers."""
    mean, scale = encoding["mean"], encoding["scale"]
    error = ROUNDING_ERROR * max(1, abs(end))
    below, above = (end - error) * scale + mean, (end + error) * scale + mean
    whole = round((below + above) / 2)
    if not below <= whole <= above:
        return Split(below, above)
    # why: splits often are whole numbers, and so are answers; which side such a one is on is certain.
    if np.float32((whole - mean) / scale) <= np.float32(end):
        return Split(whole, above)
    return Split(below, whole)
