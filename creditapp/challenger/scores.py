"""The scores of challengers: an append-only table beside the decisions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.challenger.assignments import Challenger
from creditapp.challenger.comparison import Pair
from creditapp.database.bulk_insert import prepare_insertion
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.decisions.log import Decision


class ShadowScore(NamedTuple):
    """A challenger's probability of good credit, and the decision it would lead to."""

    probability: float | None
    decision: str


UNFIT = ShadowScore(None, "unfit")
"""An application without the inputs that the challenger needs."""


class ChallengerScore(Base):
    """The score of one challenger for one application, and the decision it would lead to.

    An application that does not fit the challenger's inputs has no probability.
    """

    __tablename__ = "challenger_score"
    __table_args__ = (
        Index("ix_challenger_score_challenger_id", "challenger_id", "decision_id"),
        Index(
            "ix_challenger_score_unfit",
            "challenger_id",
            sqlite_where=text("probability_good_credit IS NULL"),
            postgresql_where=text("probability_good_credit IS NULL"),
        ),
    )

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id), primary_key=True)
    challenger_id: Mapped[int] = mapped_column(ForeignKey(Challenger.id), primary_key=True)
    probability_good_credit: Mapped[float | None]
    decision: Mapped[str] = mapped_column(String(10))
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime)


def record(challenger_id: int, scores: Mapping[UUID, ShadowScore]) -> None:
    """Write the challenger's scores of some decisions, by their ids, in one transaction.

    Raises:
        DatabaseUnavailable: nothing was written.
    """
    now = datetime.now(UTC)
    columns: dict[str, Sequence[Any]] = {
        "decision_id": list(scores),
        "challenger_id": [challenger_id] * len(scores),
        "probability_good_credit": [score.probability for score in scores.values()],
        "decision": [score.decision for score in scores.values()],
        "scored_at": [now] * len(scores),
    }
    rows = prepare_insertion(ChallengerScore, columns)
    with writing() as session:
        session.connection().exec_driver_sql(rows.statement, rows.rows)


def of_decision(decision_id: UUID) -> Sequence[tuple[str, ChallengerScore]]:
    """The scores of all challengers for one application, each with the version that scored.

    Raises:
        DatabaseUnavailable: the scores cannot be read.
    """
    query = (
        select(Challenger.model_version, ChallengerScore)
        .join(Challenger, Challenger.id == ChallengerScore.challenger_id)
        .where(ChallengerScore.decision_id == decision_id)
        .order_by(Challenger.id)
    )
    with reading() as session:
        return [(version or "", score) for version, score in session.execute(query)]


def pairs(challenger_id: int, limit: int) -> tuple[str, list[Pair]]:
    """The version last served beside a challenger, and the pairs of scores of both, newest first.

    At most `limit` pairs are read. Those of other served versions are left out.

    Raises:
        DatabaseUnavailable: the scores cannot be read.
    """
    both = (
        select(
            Decision.decision_id,
            Decision.probability_good_credit,
            ChallengerScore.probability_good_credit,
            Decision.decision,
            ChallengerScore.decision,
            Decision.model_version,
        )
        .join(ChallengerScore, ChallengerScore.decision_id == Decision.decision_id)
        .where(
            ChallengerScore.challenger_id == challenger_id,
            ChallengerScore.probability_good_credit.is_not(None),
        )
        .order_by(ChallengerScore.decision_id.desc())
        .limit(limit)
    )
    with reading() as session:
        rows: Sequence[Any] = session.execute(both).all()
    served = rows[0].model_version if rows else ""
    return served, [Pair(*row[:-1]) for row in rows if row.model_version == served]


def count_unfit(challenger_id: int) -> int:
    """The number of applications that did not fit a challenger's inputs.

    Raises:
        DatabaseUnavailable: the scores cannot be read.
    """
    query = select(func.count()).where(
        ChallengerScore.challenger_id == challenger_id,
        ChallengerScore.probability_good_credit.is_(None),
    )
    with reading() as session:
        return session.scalar(query) or 0
