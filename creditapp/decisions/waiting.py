"""The table of the decisions that were referred to a person, and have no review and no correction."""

from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base


class WaitingDecision(Base):
    """A decision that waits: triggers add it, and remove it with its first review or correction."""

    __tablename__ = "waiting_decision"

    decision_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
