"""The queue: decisions that were referred to a person and have no review."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base
from creditapp.database.session import reading
from creditapp.decisions.log import Decision


class WaitingDecision(Base):
    """A decision that waits; triggers add it with the decision, and remove it with its first review."""

    __tablename__ = "waiting_decision"

    decision_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


def find(before: UUID | None, limit: int) -> Sequence[Decision]:
    """Decisions that wait for a review, newest first; older than one decision, where given."""
    waiting = WaitingDecision.decision_id
    query = select(Decision).join(WaitingDecision, Decision.decision_id == waiting)
    if before is not None:
        query = query.where(waiting < before)
    with reading() as session:
        return session.scalars(query.order_by(waiting.desc()).limit(limit)).all()
