"""Recorded decisions with what became of them, read from the log in the order in which they were made."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select

from creditapp.applications.performance import Performance
from creditapp.database.session import reading
from creditapp.decisions.log import Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.outcomes.standing import Standing, standing
from creditapp.outcomes.table import RecordedOutcome

AT_ONCE = 10_000


class Wanted(NamedTuple):
    """Which decisions to look at; an empty field does not filter."""

    portfolio: str
    model_version: str = ""
    since: datetime | None = None


class JudgedDecision(NamedTuple):
    """A decision, what applies after reviews (`outcome`), and how it counts.

    `automatic` is what the policy decided; `probability` is that of good credit.
    """

    decision_id: UUID
    timestamp: datetime
    probability: float
    automatic: str
    outcome: str
    model_version: str
    policy_version: str
    channel: str
    standing: Standing


def judge(wanted: Wanted, performance: Performance, now: datetime) -> Iterator[JudgedDecision]:
    """Read the decisions of a portfolio, and say how each counts at a time.

    They are read in pages, each in a transaction of its own.

    Raises:
        DatabaseUnavailable: the decisions or the outcomes cannot be read.
    """
    after = first_id(wanted.since) if wanted.since else None
    while page := _read_page(wanted, after):
        rows, recorded = page
        for row in rows:
            approved = row.outcome == "approve"
            outcomes = recorded.get(row.decision_id, ())
            stands = standing(row.timestamp, outcomes, performance, now, approved=approved)
            yield JudgedDecision._make((*row, stands))
        after = rows[-1].decision_id


def _read_page(
    wanted: Wanted, after: UUID | None
) -> tuple[list[Any], dict[UUID, list[RecordedOutcome]]] | None:
    """The next decisions after an id, and all that was recorded of them; None if there are no more."""
    with reading() as session:
        rows = list(session.execute(_page(wanted, after)))
        if not rows:
            return None
        ids = RecordedOutcome.decision_id
        of_page = ids.between(rows[0].decision_id, rows[-1].decision_id)
        recorded = session.scalars(select(RecordedOutcome).where(of_page).order_by(ids)).all()
        return rows, _by_decision(recorded)


def _page(wanted: Wanted, after: UUID | None) -> Select[Any, *tuple[Any, ...]]:
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
        Decision.decision,
        func.coalesce(newest, Decision.decision).label("outcome"),
        Decision.model_version,
        Decision.policy_version,
        Decision.channel,
    ).where(Decision.portfolio == wanted.portfolio)
    if wanted.model_version:
        query = query.where(Decision.model_version == wanted.model_version)
    if after is not None:
        query = query.where(Decision.decision_id > after)
    return query.order_by(Decision.decision_id).limit(AT_ONCE)


def _by_decision(rows: Iterable[RecordedOutcome]) -> dict[UUID, list[RecordedOutcome]]:
    """The rows of each decision; `rows` are in the order of their decisions."""
    return {key: list(some) for key, some in groupby(rows, key=lambda row: row.decision_id)}
