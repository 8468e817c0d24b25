"""A comparison of two models by what became of the same applications: paired, by case."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from creditapp.challenger.verdict import Difference
from creditapp.intervals import Z_95, Mean, Proportion
from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.standing import MATURE, Standing
from creditapp.policy.definition import Outcome

WORTH_OF_AUC = 0.01
WORTH_OF_BRIER = -0.001


class JudgedPair(NamedTuple):
    """The probabilities of good credit and decisions of two models, and what became of the application.

    `served` and `decided` are of the served model, `challenger` and `would_be` of the challenger.
    """

    served: float
    challenger: float
    decided: str
    would_be: str
    standing: Standing


@dataclass(frozen=True)
class Reached:
    """What one model reached; `off` is its predicted less the realised share of bad."""

    auc: Mean
    brier: Mean
    off: Mean


@dataclass(frozen=True)
class ByOutcome:
    """Two models by the outcomes of the same applications; intervals are at 95 %."""

    counts: Counter[Standing]
    bad: Proportion
    served: Reached
    challenger: Reached
    auc: Difference
    brier: Difference
    bad_by_decisions: Mapping[tuple[Outcome, Outcome], Proportion]
    """Of the mature cases with a decision and a decision of the challenger, the share that turned out bad."""
    unseen: int
    """Applications that the challenger would approve and that were not granted: no outcome is known."""

    @property
    def changed(self) -> Sequence[tuple[Outcome, Outcome, Proportion]]:
        """The mature cases that the challenger would decide otherwise."""
        cells = self.bad_by_decisions.items()
        return [(made, other, bad) for (made, other), bad in cells if made != other and bad.total]


def compare_by_outcome(pairs: Sequence[JudgedPair]) -> ByOutcome | None:
    """Compare two models on applications; None if none of them is mature."""
    mature = [pair for pair in pairs if pair.standing in MATURE]
    if not mature:
        return None
    served = np.array([pair.served for pair in mature])
    challenger = np.array([pair.challenger for pair in mature])
    is_bad = np.array([pair.standing is Standing.BAD for pair in mature])
    return ByOutcome(
        counts=Counter(pair.standing for pair in pairs),
        bad=Proportion(int(is_bad.sum()), is_bad.size),
        served=_reached(served, is_bad),
        challenger=_reached(challenger, is_bad),
        auc=_auc_difference(served, challenger, is_bad),
        brier=_brier_difference(served, challenger, is_bad),
        bad_by_decisions=_bad_by_decisions(mature),
        unseen=sum(
            pair.standing is Standing.NOT_TAKEN_UP
            and pair.decided != Outcome.APPROVE
            and pair.would_be == Outcome.APPROVE
            for pair in pairs
        ),
    )


def _reached(good: Floats, is_bad: Flags) -> Reached:
    return Reached(
        discrimination.roc_auc(good, is_bad),
        _mean((good - ~is_bad) ** 2),
        _mean((1.0 - good) - is_bad),
    )


def _auc_difference(served: Floats, challenger: Floats, is_bad: Flags) -> Difference:
    value, error = discrimination.auc_difference(challenger, served, is_bad)
    return Difference(value, error, is_bad.size, _rarer(is_bad), WORTH_OF_AUC)


def _brier_difference(served: Floats, challenger: Floats, is_bad: Flags) -> Difference:
    differences = (challenger - ~is_bad) ** 2 - (served - ~is_bad) ** 2
    error = _standard_error(differences)
    return Difference(float(differences.mean()), error, is_bad.size, _rarer(is_bad), WORTH_OF_BRIER)


def _mean(values: Floats) -> Mean:
    mean, reach = float(values.mean()), Z_95 * _standard_error(values)
    return Mean(mean, (mean - reach, mean + reach))


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan


def _rarer(is_bad: Flags) -> int:
    bad = int(is_bad.sum())
    return min(bad, is_bad.size - bad)


def _bad_by_decisions(mature: Sequence[JudgedPair]) -> dict[tuple[Outcome, Outcome], Proportion]:
    totals = Counter((pair.decided, pair.would_be) for pair in mature)
    bad = Counter((p.decided, p.would_be) for p in mature if p.standing is Standing.BAD)
    return {
        (decided, would_be): Proportion(bad[decided, would_be], totals[decided, would_be])
        for decided in Outcome
        for would_be in Outcome
    }
