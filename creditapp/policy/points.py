"""The points of a decision: the odds of good credit on a logarithmic scale.

N. Siddiqi, Credit Risk Scorecards (Wiley, 2006), describes base score, base odds and points to double.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isfinite, log
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.exceptions import BadPolicy
from creditapp.phrases import Figures, marked

NEARLY_CERTAIN = 1e-6
"""A probability of 0 or 1 has no finite odds; it counts as this near to it."""

NEARLY_HALF = 0.4999

Probabilities = npt.NDArray[np.float64]
Points = npt.NDArray[np.int64]

HIGHEST = {"base_score": 100_000.0, "base_odds": 1_000_000.0, "points_to_double": 10_000.0}
"""The largest accepted numbers; all are positive, and the base score may be 0."""


@dataclass(frozen=True)
class PointsScale:
    """A scale of points: `base_score` points are odds of `base_odds` good credits to one bad.

    `points_to_double` points more double the odds.
    """

    base_score: float = 600.0
    base_odds: float = 50.0
    points_to_double: float = 20.0

    @cached_property
    def factor(self) -> float:
        """The points for each unit of the log-odds."""
        return self.points_to_double / log(2)

    @cached_property
    def offset(self) -> float:
        """The points of even odds, whose log-odds are 0."""
        return self.base_score - self.factor * log(self.base_odds)

    def score(self, probability_good: float) -> int:
        """The points of a probability of good credit, rounded to an integer."""
        probability = min(max(probability_good, NEARLY_CERTAIN), 1 - NEARLY_CERTAIN)
        return round(self.offset + self.factor * log(probability / (1 - probability)))

    def scores(self, probabilities: Probabilities) -> Points:
        """The points of many probabilities of good credit, exactly as `score` gives them; shape (n,)."""
        limited = probabilities.clip(NEARLY_CERTAIN, 1 - NEARLY_CERTAIN)
        points = self.offset + self.factor * np.log(limited / (1 - limited))
        rounded = np.rint(points).astype(np.int64)
        # why: NumPy's logarithm may differ from Python's in the last digit, which matters beside a half.
        for row in np.flatnonzero(np.abs(points - rounded) > NEARLY_HALF).tolist():
            rounded[row] = self.score(float(probabilities[row]))
        return rounded  # type: ignore[no-any-return]

    def as_document(self) -> dict[str, float]:
        """The scale as JSON."""
        return asdict(self)


DEFAULT_SCALE = PointsScale()


def scale_from(document: Mapping[str, Any] | None) -> PointsScale | None:
    """The scale of a stored document; none for a policy without points."""
    return PointsScale(**document) if document else None


FROM_ZERO = marked("%(name)s must be a number from 0 to %(highest)s, not %(value)s")
OVER_ZERO = marked("%(name)s must be a number above 0 and at most %(highest)s, not %(value)s")


def check_scale(scale: PointsScale) -> None:
    """Check that the scale gives finite points that rise with the probability.

    Raises:
        BadPolicy: a number is outside its limits; the message names it.
    """
    for name, value in scale.as_document().items():
        may_be_zero = name == "base_score"
        if not (isfinite(value) and 0 <= value <= HIGHEST[name] and (value or may_be_zero)):
            raise BadPolicy(
                FROM_ZERO if may_be_zero else OVER_ZERO,
                name=name.replace("_", "-"),
                highest=Figures(f"{HIGHEST[name]:,.0f}"),
                value=f"{value:g}",
            )
