"""Turns the sum of a model's leaves into a probability of good credit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """The logistic function of `slope * sum + intercept`: the log-odds of good credit."""

    slope: float
    intercept: float

    @classmethod
    def from_metadata(cls, link: Mapping[str, float]) -> "Link | None":
        """The link of a bundle; None if its leaves add up to the probability itself.

        Raises:
            TypeError: the keys are not `slope` and `intercept`.
        """
        return cls(**link) if link else None

    def probabilities(self, sums: Numbers) -> Numbers:
        """The probability of good credit of each sum; shape (n,)."""
        log_odds = self.slope * sums + self.intercept
        # why: a probability of exactly 0 or 1 has no odds; beyond 36 the exponential is lost in rounding.
        probabilities: Numbers = 1 / (1 + np.exp(-log_odds.clip(-36, 36)))
        return probabilities
