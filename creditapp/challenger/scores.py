"""What challengers scored, beside the decisions that were made without them; only ever added to."""

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
    """What one challenger gave one decision's application, and what that would have led to."""

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
    """Write the scores of some decisions, one of each for each, whole or not at all.

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
    """The version that was served last beside a challenger, and the newest scores of both, newest first.

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
        found = session.execute(both).all()
    served = found[0].model_version if found else ""
    return served, [Pair(*one[:-1]) for one in found if one.model_version == served]
