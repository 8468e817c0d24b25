"""How decisions turned out: realised beside predicted bad rates, and how well scores told them apart."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from creditapp.applications.performance import Performance
from creditapp.intervals import Mean, Proportion
from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.judged import Wanted, judge
from creditapp.outcomes.standing import Standing

BANDS = 10


@dataclass(frozen=True)
class Band:
    """Decisions with probabilities of bad from `low` to `high`: the expected share of bad, and the real."""

    low: float
    high: float
    predicted: float
    realised: Proportion

    @property
    def is_off(self) -> bool:
        """Whether the prediction lies outside the 95 % interval of what was realised."""
        low, high = self.realised.interval
        return not low <= self.predicted <= high


@dataclass(frozen=True)
class Realised:
    """What became of decisions by a time: the number by standing, and measures of those that are mature."""

    counts: Counter[Standing]
    bad: Proportion
    predicted_bad: float
    auc: Mean
    ks: float
    brier: float
    bands: Sequence[Band]


def look(wanted: Wanted, performance: Performance, now: datetime) -> Realised:
    """Judge the decisions of a portfolio by what was recorded of them.

    Only decisions that were taken up and whose window has ended are measured; the others are counted alone.

    Raises:
        DatabaseUnavailable: the decisions or the outcomes cannot be read.
    """
    counts: Counter[Standing] = Counter()
    good, is_bad = [], []
    for decided in judge(wanted, performance, now):
        counts[decided.standing] += 1
        if decided.standing in (Standing.GOOD, Standing.BAD):
            good.append(decided.probability)
            is_bad.append(decided.standing is Standing.BAD)
    return measure(np.array(good), np.array(is_bad, dtype=bool), counts)


def measure(good: Floats, is_bad: Flags, counts: Counter[Standing]) -> Realised:
    """The measures of mature decisions: their predicted probabilities of good, and which turned out bad."""
    return Realised(
        counts,
        Proportion(int(is_bad.sum()), good.size),
        float(1 - good.mean()) if good.size else math.nan,
        discrimination.roc_auc(good, is_bad),
        discrimination.kolmogorov_smirnov(good, is_bad),
        discrimination.brier(good, is_bad),
        list(_bands(good, is_bad)),
    )


def _bands(good: Floats, is_bad: Flags) -> Iterator[Band]:
    """The decisions in tenths by their predicted probability of bad, lowest first; equal ones together."""
    bad = 1 - good
    edges = np.unique(np.quantile(bad, np.linspace(0, 1, BANDS + 1))) if bad.size else np.array([])
    places = np.searchsorted(edges[1:-1], bad, side="right")
    for place in np.unique(places):
        inside = places == place
        realised = Proportion(int(is_bad[inside].sum()), int(inside.sum()))
        predicted = bad[inside]
        yield Band(predicted.min(), predicted.max(), float(predicted.mean()), realised)
