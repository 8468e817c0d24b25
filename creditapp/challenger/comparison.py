"""Two models on the same applications: how far the scores lie apart, and which decisions would flip."""

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
    """One application's probability of good credit and decision, by the served model and the challenger."""

    decision_id: UUID
    served: float
    challenger: float
    decided: str
    would_be: str

    @property
    def difference(self) -> float:
        """By how much the challenger's probability is the higher one."""
        return self.challenger - self.served

    @property
    def flips(self) -> bool:
        """Whether the challenger would have led to another decision."""
        return self.decided != self.would_be


@dataclass(frozen=True)
class Comparison:
    """What some pairs say; shares come with Wilson's 95 % interval."""

    cases: int
    agreement: Proportion
    same_prediction: Proportion
    mean_difference: float
    mean_distance: float
    distances: tuple[float, float, float]
    """The median, the 95th percentile and the greatest of the absolute differences."""
    table: dict[tuple[Outcome, Outcome], Proportion]
    """For each decision made and each that would have been: its part of those made so."""
    flipped: Sequence[Pair]


def compare(pairs: Sequence[Pair]) -> Comparison | None:
    """The comparison of at least one pair; the flips in the order of the pairs, the first fifty alone."""
    if not pairs:
        return None
    same = sum((one.served > 0.5) == (one.challenger > 0.5) for one in pairs)
    flipped = [one for one in pairs if one.flips]
    distances = np.abs([one.difference for one in pairs])
    return Comparison(
        cases=len(pairs),
        agreement=Proportion(len(pairs) - len(flipped), len(pairs)),
        same_prediction=Proportion(same, len(pairs)),
        mean_difference=fmean(one.difference for one in pairs),
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
    counts = Counter((one.decided, one.would_be) for one in pairs)
    made = Counter(one.decided for one in pairs)
    return {
        (decided, would_be): Proportion(counts[decided, would_be], made[decided])
        for decided in Outcome
        for would_be in Outcome
    }
