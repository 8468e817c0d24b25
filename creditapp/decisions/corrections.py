"""Corrections: an application that is scored again with other answers, in place of an earlier decision.

Both decisions stay. The row that links them is written in the transaction of the newer one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.bulk_insert import Insertion, prepare_insertion
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading

MOST_CORRECTIONS = 10
"""How many corrections of one decision are named."""


class Correction(Base):
    """A decision that corrects an earlier one.

    The earlier decision is no foreign key: it expires before this row.
    """

    __tablename__ = "decision_correction"
    __table_args__ = (Index("ix_decision_correction_corrects", "corrects"),)

    decision_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("decision.decision_id"), primary_key=True
    )
    corrects: Mapped[UUID] = mapped_column(Uuid)
    corrected_at: Mapped[datetime] = mapped_column(UtcDateTime)


def prepare_correction(decision_id: UUID, corrects: UUID, at: datetime) -> Insertion:
    """The row of a correction, for the transaction that records the decision."""
    columns: dict[str, Sequence[object]] = {
        "decision_id": [decision_id],
        "corrects": [corrects],
        "corrected_at": [at],
    }
    return prepare_insertion(Correction, columns)


def corrected_by(decision_id: UUID) -> Select[UUID]:
    """The query for the newest decisions that correct this one."""
    newest = Correction.decision_id.desc()
    query = select(Correction.decision_id).where(Correction.corrects == decision_id)
    return query.order_by(newest).limit(MOST_CORRECTIONS)


def find_corrected(decision_ids: Sequence[UUID]) -> set[UUID]:
    """Which of some decisions a newer one corrects.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(Correction.corrects).where(Correction.corrects.in_(decision_ids))
    with reading() as session:
        return set(session.scalars(query))


def corrects(decision_id: UUID) -> Select[UUID]:
    """The query for the decision that this one corrects; it finds none if it corrects none."""
    return select(Correction.corrects).where(Correction.decision_id == decision_id)
