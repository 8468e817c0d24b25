"""The decisions that a challenger scored too, read from the log with what became of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from creditapp.applications.performance import Performance
from creditapp.challenger.by_outcome import JudgedPair
from creditapp.challenger.scores import ChallengerScore
from creditapp.database.session import reading
from creditapp.decisions.log import Decision, first_id
from creditapp.outcomes.judged import OUTCOME_THAT_APPLIES, by_decision
from creditapp.outcomes.standing import first_day_not_mature, standing
from creditapp.outcomes.table import RecordedOutcome


def judged_pairs(
    challenger_id: int, portfolio: str, performance: Performance, now: datetime, limit: int
) -> tuple[str, list[JudgedPair]]:
    """The version last served beside a challenger, and what both said of decisions and became of them.

    They come newest first. At most `limit` decisions whose window has ended are read; those of other served
    versions are left out.

    Raises:
        DatabaseUnavailable: the scores or the outcomes cannot be read.
    """
    end = datetime.combine(first_day_not_mature(performance, now), time.min, UTC)
    with reading() as session:
        rows = session.execute(_scored(challenger_id, portfolio, first_id(end), limit)).all()
        if not rows:
            return "", []
        oldest, newest = rows[-1].decision_id, rows[0].decision_id
        outcomes = session.scalars(_recorded(challenger_id, oldest, newest)).all()
    served, told = rows[0].model_version, by_decision(outcomes)
    return served, [
        _judged(row, told.get(row.decision_id, ()), performance, now)
        for row in rows
        if row.model_version == served
    ]


def _judged(
    row: Any, outcomes: Sequence[RecordedOutcome], performance: Performance, now: datetime
) -> JudgedPair:
    approved = row.outcome == "approve"
    stands = standing(row.timestamp, outcomes, performance, now, approved=approved)
    return JudgedPair(row.served, row.challenger, row.decided, row.would_be, stands)


def _scored(
    challenger_id: int, portfolio: str, before: UUID, limit: int
) -> Select[Any, *tuple[Any, ...]]:
    """The newest decisions before an id that both models scored."""
    return (
        select(
            ChallengerScore.decision_id,
            Decision.timestamp,
            Decision.probability_good_credit.label("served"),
            ChallengerScore.probability_good_credit.label("challenger"),
            Decision.decision.label("decided"),
            ChallengerScore.decision.label("would_be"),
            OUTCOME_THAT_APPLIES,
            Decision.model_version,
        )
        .join(Decision, Decision.decision_id == ChallengerScore.decision_id)
        .where(
            ChallengerScore.challenger_id == challenger_id,
            ChallengerScore.decision_id < before,
            # why: said of one table alone, PostgreSQL would read all newer decisions of the other.
            Decision.decision_id < before,
            ChallengerScore.probability_good_credit.is_not(None),
            Decision.portfolio == portfolio,
        )
        .order_by(ChallengerScore.decision_id.desc())
        .limit(limit)
    )


def _recorded(challenger_id: int, oldest: UUID, newest: UUID) -> Select[RecordedOutcome]:
    """All that was recorded of the decisions that a challenger scored, in the order of their ids."""
    return (
        select(RecordedOutcome)
        .join(ChallengerScore, ChallengerScore.decision_id == RecordedOutcome.decision_id)
        .where(
            ChallengerScore.challenger_id == challenger_id,
            RecordedOutcome.decision_id.between(oldest, newest),
        )
        .order_by(RecordedOutcome.decision_id)
    )
