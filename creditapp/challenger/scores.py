"""The scores of challengers: an append-only table beside the decisions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.challenger.assignments import Challenger
from creditapp.challenger.comparison import Pair
from creditapp.database.bulk_insert import prepare_insertion
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import inserting, reading
from creditapp.decisions.log import Decision


class ChallengerScore(Base):
    """The score of one challenger for one application, and the decision it would lead to."""

    __tablename__ = "challenger_score"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id), primary_key=True)
    challenger_id: Mapped[int] = mapped_column(ForeignKey(Challenger.id), primary_key=True)
    probability_good_credit: Mapped[float]
    decision: Mapped[str] = mapped_column(String(10))
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime)


def record(
    challenger_id: int,
    decision_ids: Sequence[UUID],
    probabilities: Sequence[float],
    decisions: Sequence[str],
) -> None:
    """Write the challenger's scores of some decisions in one transaction.

    `decision_ids`, `probabilities` and `decisions` have the same length and order.

    Raises:
        DatabaseUnavailable: nothing was written.
    """
    now = datetime.now(UTC)
    columns = {
        "decision_id": decision_ids,
        "challenger_id": [challenger_id] * len(decision_ids),
        "probability_good_credit": probabilities,
        "decision": decisions,
        "scored_at": [now] * len(decision_ids),
    }
    rows = prepare_insertion(ChallengerScore, columns)
    with inserting() as cursor:
        cursor.executemany(rows.statement, rows.rows)


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
        .where(ChallengerScore.challenger_id == challenger_id)
        .order_by(Decision.decision_id.desc())
        .limit(limit)
    )
    with reading() as session:
        rows = session.execute(both).all()
    served = rows[0].model_version if rows else ""
    return served, [Pair(*row[:-1]) for row in rows if row.model_version == served]
