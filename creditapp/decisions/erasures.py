"""The record of erasures: which personal data of a decision were erased, when, by whom and why."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.decisions.log import Decision


class Erasure(Base):
    """One erasure; `parts` are the names of the tables from which rows of the decision were deleted."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index("ix_erasure_decision_id", "decision_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id))
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    parts: Mapped[list[str]] = mapped_column(JSON)


def find_erased(session: Session, part: str, decision_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some decisions whose rows in the table `part` were erased."""
    query = select(Erasure.decision_id, Erasure.parts).where(
        Erasure.decision_id.in_(list(decision_ids))
    )
    return {decision_id for decision_id, parts in session.execute(query) if part in parts}
