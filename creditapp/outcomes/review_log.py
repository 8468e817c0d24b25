"""Reviews with the decisions they are about, and what became of those, read from the side of the reviews."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, literal, null, select
from sqlalchemy.orm import Session, aliased

from creditapp.applications.performance import Performance
from creditapp.database.session import reading
from creditapp.decisions.log import Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.decisions.waiting import WaitingDecision
from creditapp.outcomes.standing import Standing, first_day_not_mature, standing
from creditapp.outcomes.table import NOTED, Noted, RecordedOutcome

AT_ONCE = 1000
"""How many decisions one query asks for; databases limit the parameters of a statement."""


class GivenReview(NamedTuple):
    """A review beside the automatic decision; `reason` is none if it was made before reasons had codes."""

    reviewed_by: str
    reason: str | None
    outcome: str
    automatic: str
    reviewed_at: datetime
    decided_at: datetime
    is_first: bool


class MatureCredit(NamedTuple):
    """A decision whose window has ended: what was decided automatically, what applies, and how it counts.

    `probability` is that of good credit. The reviewer and the reason are those of the newest review, and
    empty where there is none.
    """

    automatic: str
    outcome: str
    probability: float
    reviewed_by: str
    reason: str | None
    standing: Standing


def find_given(
    portfolio: str, most: int | None = None, since: datetime | None = None
) -> list[GivenReview]:
    """The newest reviews of a portfolio's decisions, newest first; all without `most`.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    earlier = aliased(Review)
    is_second = exists().where(earlier.decision_id == Review.decision_id, earlier.id < Review.id)
    query = (
        select(
            Review.reviewed_by,
            Review.reason,
            Review.outcome,
            Decision.decision,
            Review.reviewed_at,
            Decision.timestamp,
            ~is_second,
        )
        .join(Decision, Decision.decision_id == Review.decision_id)
        .where(Decision.portfolio == portfolio)
        .order_by(Review.id.desc())
        .limit(most)
    )
    if since is not None:
        query = query.where(Review.reviewed_at >= since)
    with reading() as session:
        return [GivenReview(*row) for row in session.execute(query)]


def find_reviewed(
    portfolio: str, performance: Performance, now: datetime, most: int | None = None
) -> list[MatureCredit]:
    """The newest mature decisions of a portfolio that were reviewed, whatever the reviews said.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    later = aliased(Review)
    is_newest = ~exists().where(later.decision_id == Review.decision_id, later.id > Review.id)
    end = _first_not_mature(performance, now)
    query = (
        _credits(Review.outcome, Review.reviewed_by, Review.reason)
        .join(Review, Decision.decision_id == Review.decision_id)
        # why: PostgreSQL does not conclude the one from the other, and reads all younger decisions.
        .where(Review.decision_id < end, Decision.decision_id < end, is_newest)
        .where(Decision.portfolio == portfolio)
        .order_by(Review.decision_id.desc())
        .limit(most)
    )
    with reading() as session:
        return _judge(session, query, performance, now)


def find_not_reviewed(
    portfolio: str, performance: Performance, now: datetime, most: int | None = None
) -> list[MatureCredit]:
    """The newest mature approvals of a portfolio that nobody reviewed, to compare with.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = (
        _credits(Decision.decision, literal(""), null())
        .where(Decision.decision_id < _first_not_mature(performance, now))
        .where(Decision.portfolio == portfolio, Decision.decision == "approve")
        .where(~exists().where(Review.decision_id == Decision.decision_id))
        .order_by(Decision.decision_id.desc())
        .limit(most)
    )
    with reading() as session:
        return _judge(session, query, performance, now)


def oldest_waiting() -> UUID | None:
    """The decision that has waited longest for a review; none if none waits.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    waiting = WaitingDecision.decision_id
    with reading() as session:
        return session.scalar(select(waiting).order_by(waiting).limit(1))


def _first_not_mature(performance: Performance, now: datetime) -> UUID:
    """The smallest id of a decision that is not mature."""
    return first_id(datetime.combine(first_day_not_mature(performance, now), time.min, UTC))


def _credits(*after_review: ColumnElement[Any] | Any) -> Select[Any]:
    return select(
        Decision.decision_id,
        Decision.timestamp,
        Decision.decision,
        Decision.probability_good_credit,
        *after_review,
    )


def _judge(
    session: Session, query: Select[Any], performance: Performance, now: datetime
) -> list[MatureCredit]:
    rows = session.execute(query).all()
    recorded = _recorded(session, [row[0] for row in rows])
    judged = []
    for decision_id, timestamp, automatic, probability, outcome, reviewer, reason in rows:
        outcomes, approved = recorded.get(decision_id, []), outcome == "approve"
        stands = standing(timestamp, outcomes, performance, now, approved=approved)
        judged.append(MatureCredit(automatic, outcome, probability, reviewer, reason, stands))
    return judged


def _recorded(session: Session, decision_ids: Sequence[UUID]) -> dict[UUID, list[Noted]]:
    """All that was recorded of some decisions."""
    recorded: dict[UUID, list[Noted]] = {}
    for start in range(0, len(decision_ids), AT_ONCE):
        some = decision_ids[start : start + AT_ONCE]
        for row in session.execute(select(*NOTED).where(RecordedOutcome.decision_id.in_(some))):
            noted = Noted(*row)
            recorded.setdefault(noted.decision_id, []).append(noted)
    return recorded
