"""Recorded decisions with what became of them, read from the log in the order in which they were made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from creditapp.applications.performance import Performance
from creditapp.applications.questions import Answer
from creditapp.database.session import reading
from creditapp.decisions.log import Answers, Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.outcomes.standing import MATURE, Standing, standing
from creditapp.outcomes.table import RecordedOutcome

AT_ONCE = 10_000

OUTCOME_THAT_APPLIES = func.coalesce(
    select(Review.outcome)
    .where(Review.decision_id == Decision.decision_id)
    .order_by(Review.id.desc())
    .limit(1)
    .scalar_subquery(),
    Decision.decision,
).label("outcome")
"""In a query for decisions, what applies: the outcome of the newest review, or that of the policy."""


class Wanted(NamedTuple):
    """Which decisions to look at; an empty field does not filter."""

    portfolio: str
    model_version: str = ""
    since: datetime | None = None


class JudgedDecision(NamedTuple):
    """A decision, what applies after reviews (`outcome`), and how it counts.

    `automatic` is what the policy decided; `probability` is that of good credit. `fingerprint` is that of
    the catalogue that the answers belong to. `answers` are read for mature decisions alone, where they are
    wanted and not erased.
    """

    decision_id: UUID
    timestamp: datetime
    probability: float
    automatic: str
    outcome: str
    model_version: str
    policy_version: str
    channel: str
    generation: int
    fingerprint: str
    standing: Standing = Standing.NOT_MATURE
    answers: Mapping[str, Answer] | None = None


def judge(
    wanted: Wanted, performance: Performance, now: datetime, *, with_answers: bool = False
) -> Iterator[JudgedDecision]:
    """Read the decisions of a portfolio, and say how each counts at a time.

    They are read in pages, each in a transaction of its own.

    Raises:
        DatabaseUnavailable: the decisions or the outcomes cannot be read.
    """
    after = first_id(wanted.since) if wanted.since else None
    while True:
        with reading() as session:
            rows: Any = session.execute(_page(wanted, after))
            read = [JudgedDecision(*row) for row in rows]
            if not read:
                return
            recorded = _recorded(session, read)
            page = [_judge(one, recorded, performance, now) for one in read]
            if with_answers and any(one.standing in MATURE for one in page):
                page = _with_answers(session, page)
        yield from page
        after = page[-1].decision_id


def _judge(
    decided: JudgedDecision,
    recorded: Mapping[UUID, Sequence[RecordedOutcome]],
    performance: Performance,
    now: datetime,
) -> JudgedDecision:
    outcomes = recorded.get(decided.decision_id, ())
    approved = decided.outcome == "approve"
    stands = standing(decided.timestamp, outcomes, performance, now, approved=approved)
    return decided._replace(standing=stands)


def _page(wanted: Wanted, after: UUID | None) -> Select[Any, *tuple[Any, ...]]:
    query = select(
        Decision.decision_id,
        Decision.timestamp,
        Decision.probability_good_credit,
        Decision.decision,
        OUTCOME_THAT_APPLIES,
        Decision.model_version,
        Decision.policy_version,
        Decision.channel,
        Decision.generation,
        Decision.fingerprint,
    ).where(Decision.portfolio == wanted.portfolio)
    if wanted.model_version:
        query = query.where(Decision.model_version == wanted.model_version)
    if after is not None:
        query = query.where(Decision.decision_id > after)
    return query.order_by(Decision.decision_id).limit(AT_ONCE)


def _recorded(
    session: Session, page: Sequence[JudgedDecision]
) -> Mapping[UUID, Sequence[RecordedOutcome]]:
    """All that was recorded of the decisions of a page."""
    ids = RecordedOutcome.decision_id
    of_page = ids.between(page[0].decision_id, page[-1].decision_id)
    return by_decision(session.scalars(select(RecordedOutcome).where(of_page).order_by(ids)))


def by_decision(rows: Iterable[RecordedOutcome]) -> dict[UUID, list[RecordedOutcome]]:
    """The rows of each decision; `rows` are in the order of their decisions."""
    return {key: list(some) for key, some in groupby(rows, key=lambda row: row.decision_id)}


def _with_answers(session: Session, page: Sequence[JudgedDecision]) -> list[JudgedDecision]:
    """The decisions of a page, the mature ones with their answers."""
    of_page = Answers.decision_id.between(page[0].decision_id, page[-1].decision_id)
    rows = session.execute(select(Answers.decision_id, Answers.answers).where(of_page))
    answers = {row.decision_id: row.answers for row in rows}
    return [
        one._replace(answers=answers.get(one.decision_id)) if one.standing in MATURE else one
        for one in page
    ]
