"""A comparison of two models on the same applications: score differences and changed decisions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple
from uuid import UUID

import numpy as np

from creditapp.intervals import Proportion
from creditapp.policy.definition import Outcome

MOST_FLIPS = 50


class Pair(NamedTuple):
    """The probabilities of good credit and the decisions of two models for one application.

    `served` and `decided` are of the served model, `challenger` and `would_be` of the challenger.
    """

    decision_id: UUID
    served: float
    challenger: float
    decided: str
    would_be: str

    @property
    def difference(self) -> float:
        """The challenger's probability minus that of the served model."""
        return self.challenger - self.served

    @property
    def flips(self) -> bool:
        """Whether the challenger would lead to another decision."""
        return self.decided != self.would_be


@dataclass(frozen=True)
class Comparison:
    """The summary of some pairs; proportions have a 95 % Wilson interval."""

    cases: int
    agreement: Proportion
    same_prediction: Proportion
    mean_difference: float
    mean_distance: float
    distances: tuple[float, float, float]
    """The median, 95th percentile and maximum of the absolute differences."""
    table: dict[tuple[Outcome, Outcome], Proportion]
    """Of the cases with the first decision, the proportion that the challenger gives the second."""
    flipped: Sequence[Pair]


def compare(pairs: Sequence[Pair]) -> Comparison | None:
    """Compare the models of some pairs; None without pairs.

    `flipped` keeps the order of the pairs and has at most `MOST_FLIPS` of them.
    """
    if not pairs:
        return None
    same = sum((pair.served > 0.5) == (pair.challenger > 0.5) for pair in pairs)
    flipped = [pair for pair in pairs if pair.flips]
    distances = np.abs([pair.difference for pair in pairs])
    return Comparison(
        cases=len(pairs),
        agreement=Proportion(len(pairs) - len(flipped), len(pairs)),
        same_prediction=Proportion(same, len(pairs)),
        mean_difference=fmean(pair.difference for pair in pairs),
        mean_distance=float(distances.mean()),
        distances=(
            float(np.quantile(distances, 0.5)),
            float(np.quantile(distances, 0.95)),
            float(distances.max()),
        ),
        table=_table(pairs),
        flipped=flipped[:MOST_FLIPS],
    )


def _table(pairs: Sequence[Pair]) -> dict[tuple[Outcome, Outcome], Proportion]:
    counts = Counter((pair.decided, pair.would_be) for pair in pairs)
    totals = Counter(pair.decided for pair in pairs)
    return {
        (decided, would_be): Proportion(counts[decided, would_be], totals[decided])
        for decided in Outcome
        for would_be in Outcome
    }
