"""The table of policies: one row per change, only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.policy.definition import Policy, from_document


class PolicyVersion(Base):
    """One change of the policy; the highest version that has begun is in force.

    It begins at `starts_at`; without it, at once.
    """

    __tablename__ = "policy"
    __table_args__ = ({"sqlite_autoincrement": True},)

    version: Mapped[int] = mapped_column(primary_key=True)
    low_risk_from: Mapped[float]
    medium_risk_from: Mapped[float]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    points: Mapped[dict[str, float] | None] = mapped_column(JSON(none_as_null=True))
    refer_repeats_days: Mapped[int | None]
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)

    @property
    def begins_at(self) -> datetime:
        """When it comes into force, unless a newer version does so before."""
        return self.starts_at or self.set_at

    @property
    def policy(self) -> Policy:
        """The row as the policy that decides."""
        return from_document(
            {
                "version": str(self.version),
                "low_risk_from": self.low_risk_from,
                "medium_risk_from": self.medium_risk_from,
                "rules": self.rules,
                "points": self.points,
                "refer_repeats_days": self.refer_repeats_days,
            }
        )
