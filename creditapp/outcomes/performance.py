"""How decisions turned out: realised beside predicted bad rates, and how well scores told them apart."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Select, func, select

from creditapp.applications.performance import Performance
from creditapp.database.session import reading
from creditapp.decisions.log import Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.intervals import Mean, Proportion
from creditapp.outcomes import discrimination
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.standing import Standing, standing
from creditapp.outcomes.table import RecordedOutcome

BANDS = 10
AT_ONCE = 10_000


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


class Wanted(NamedTuple):
    """Which decisions to look at; an empty field does not filter."""

    portfolio: str
    model_version: str = ""
    since: datetime | None = None


class _Decided(NamedTuple):
    decision_id: UUID
    timestamp: datetime
    probability: float
    outcome: str


def look(wanted: Wanted, performance: Performance, now: datetime) -> Realised:
    """Judge the decisions of a portfolio by what was recorded of them.

    Only decisions that were taken up and whose window has ended are measured; the others are counted alone.

    Raises:
        DatabaseUnavailable: the decisions or the outcomes cannot be read.
    """
    counts: Counter[Standing] = Counter()
    good, is_bad = [], []
    for decided, outcomes in _with_outcomes(wanted):
        approved = decided.outcome == "approve"
        stands = standing(decided.timestamp, outcomes, performance, now, approved=approved)
        counts[stands] += 1
        if stands in (Standing.GOOD, Standing.BAD):
            good.append(decided.probability)
            is_bad.append(stands is Standing.BAD)
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


def _with_outcomes(wanted: Wanted) -> Iterator[tuple[_Decided, list[RecordedOutcome]]]:
    """Each decision with all that was recorded of it, in the order of their ids."""
    after = first_id(wanted.since) if wanted.since else None
    while True:
        with reading() as session:
            rows = session.execute(_page(wanted, after)).all()
            page = [_Decided._make(row) for row in rows]
            if not page:
                return
            of_page = select(RecordedOutcome).where(
                RecordedOutcome.decision_id.between(page[0].decision_id, page[-1].decision_id)
            )
            recorded = _by_decision(session.scalars(of_page).all())
        for decided in page:
            yield decided, recorded.get(decided.decision_id, [])
        after = page[-1].decision_id


def _page(wanted: Wanted, after: UUID | None) -> Select[UUID, datetime, float, Any]:
    newest = (
        select(Review.outcome)
        .where(Review.decision_id == Decision.decision_id)
        .order_by(Review.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(
        Decision.decision_id,
        Decision.timestamp,
        Decision.probability_good_credit,
        func.coalesce(newest, Decision.decision),
    ).where(Decision.portfolio == wanted.portfolio)
    if wanted.model_version:
        query = query.where(Decision.model_version == wanted.model_version)
    if after is not None:
        query = query.where(Decision.decision_id > after)
    return query.order_by(Decision.decision_id).limit(AT_ONCE)


def _by_decision(rows: Iterable[RecordedOutcome]) -> dict[UUID, list[RecordedOutcome]]:
    ordered = sorted(rows, key=lambda row: row.decision_id)
    return {key: list(some) for key, some in groupby(ordered, key=lambda row: row.decision_id)}
