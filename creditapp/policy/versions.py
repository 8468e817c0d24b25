"""The policy in force and its history: one row per change."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import BadPolicy, PolicyChanged
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.policy.definition import DEFAULT_POLICY, Policy, check_cut_offs, from_document
from creditapp.policy.points import check_scale


class PolicyVersion(Base):
    """One change of the policy; the highest version is in force."""

    __tablename__ = "policy"
    __table_args__ = ({"sqlite_autoincrement": True},)

    version: Mapped[int] = mapped_column(primary_key=True)
    low_risk_from: Mapped[float]
    medium_risk_from: Mapped[float]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    points: Mapped[dict[str, float] | None] = mapped_column(JSON(none_as_null=True))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)

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
            }
        )


NEWEST_FIRST = select(PolicyVersion).order_by(PolicyVersion.version.desc())


def in_force() -> Policy:
    """The policy that all workers should decide by; the default before the first change."""
    with reading() as session:
        newest = session.scalar(NEWEST_FIRST.limit(1))
    return newest.policy if newest else DEFAULT_POLICY


def find(version: str) -> Policy:
    """The policy of a version, as decisions name it.

    Raises:
        BadPolicy: no policy has this version.
    """
    if version == DEFAULT_POLICY.version:
        return DEFAULT_POLICY
    with reading() as session:
        row = session.get(PolicyVersion, int(version)) if version.isdecimal() else None
    if row is None:
        raise BadPolicy(f"no policy has the version {version}")
    return row.policy


def history() -> Sequence[PolicyVersion]:
    """All changes, newest first."""
    with reading() as session:
        return session.scalars(NEWEST_FIRST).all()


def put_in_force(
    policy: Policy, actor: Actor, reason: str, *, instead_of: str | None = None
) -> Policy:
    """Make all workers decide by a policy, and return it with its new version.

    The row and its event are one transaction. `instead_of` is the version that the caller saw in force.

    Raises:
        BadPolicy: the cut-offs or the points are wrong, or the reason is missing; nothing changed.
        PolicyChanged: another policy than `instead_of` is in force; nothing changed.
    """
    check_cut_offs(policy.low_risk_from, policy.medium_risk_from)
    if policy.points:
        check_scale(policy.points)
    if not reason.strip():
        raise BadPolicy("a reason is required")
    row = PolicyVersion(
        low_risk_from=policy.low_risk_from,
        medium_risk_from=policy.medium_risk_from,
        rules=[rule.as_document() for rule in policy.rules],
        points=policy.points.as_document() if policy.points else None,
        set_at=datetime.now(UTC),
        set_by=actor.label[:100],
        reason=reason,
    )
    with writing() as session:
        _check_still_in_force(session, instead_of)
        session.add(row)
        session.flush()
        audit.note(session, actor, Action.POLICY_CHANGED, f"policy {row.version}", reason)
        return row.policy


def _check_still_in_force(session: Session, version: str | None) -> None:
    if version is None:
        return
    lock_table(session, "policy")
    newest = session.scalar(NEWEST_FIRST.limit(1))
    in_force_now = newest.policy if newest else DEFAULT_POLICY
    if in_force_now.version != version:
        raise PolicyChanged(
            f"policy {in_force_now.version} was put in force after you opened this page; nothing was changed"
        )
