"""The policies that were in force, and the one that is: one row per change, only ever added to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, String, Text, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.exceptions import BadPolicy, ModelUnavailable, PolicyChanged
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.policy.definition import DEFAULT_POLICY, Policy, Rule, check_cut_offs, from_document


class PolicyVersion(Base):
    """One change of the policy; the highest version is in force."""

    __tablename__ = "policy"
    __table_args__ = ({"sqlite_autoincrement": True},)

    version: Mapped[int] = mapped_column(primary_key=True)
    low_risk_from: Mapped[float]
    medium_risk_from: Mapped[float]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)

    @property
    def policy(self) -> Policy:
        """The policy as decisions are made by it."""
        return from_document(
            {
                "version": str(self.version),
                "low_risk_from": self.low_risk_from,
                "medium_risk_from": self.medium_risk_from,
                "rules": self.rules,
            }
        )


NEWEST_FIRST = select(PolicyVersion).order_by(PolicyVersion.version.desc())


def in_force() -> Policy:
    """The policy that all workers should decide by; the default before the first change.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            newest = session.scalar(NEWEST_FIRST.limit(1))
    except SQLAlchemyError as error:
        raise ModelUnavailable("the policy in force cannot be read") from error
    return newest.policy if newest else DEFAULT_POLICY


def under(version: str) -> Policy:
    """The policy that a decision names.

    Raises:
        BadPolicy: there never was such a version.
        ModelUnavailable: the database does not answer.
    """
    if version == DEFAULT_POLICY.version:
        return DEFAULT_POLICY
    try:
        with reading() as session:
            found = session.get(PolicyVersion, int(version)) if version.isdecimal() else None
    except SQLAlchemyError as error:
        raise ModelUnavailable("the policy cannot be read") from error
    if found is None:
        raise BadPolicy(f"no policy has the version {version}")
    return found.policy


def history() -> Sequence[PolicyVersion]:
    """All changes, newest first."""
    with reading() as session:
        return session.scalars(NEWEST_FIRST).all()


def put_in_force(
    low_risk_from: float,
    medium_risk_from: float,
    rules: Sequence[Rule],
    actor: str,
    reason: str,
    *,
    instead_of: str | None = None,
) -> Policy:
    """Have all workers decide by other cut-offs and rules; the row and its event stand or fall together.

    Raises:
        BadPolicy: the cut-offs are wrong, or no reason is given; nothing has changed.
        PolicyChanged: another policy than `instead_of`, where that is given, is in force by now.
    """
    check_cut_offs(low_risk_from, medium_risk_from)
    if not reason.strip():
        raise BadPolicy("a reason is missing")
    row = PolicyVersion(
        low_risk_from=low_risk_from,
        medium_risk_from=medium_risk_from,
        rules=[rule.as_document() for rule in rules],
        set_at=datetime.now(UTC),
        set_by=actor[:100],
        reason=reason,
    )
    with writing() as session:
        _check_still_in_force(session, instead_of)
        session.add(row)
        session.flush()
        audit.note(session, actor, Action.POLICY_CHANGED, f"policy {row.version}", reason)
        return row.policy


def _check_still_in_force(session: Session, version: str | None) -> None:
    """Nobody else may put a policy in force until this transaction ends: SQLite's writers wait anyhow."""
    if version is None:
        return
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE policy IN EXCLUSIVE MODE"))
    newest = session.scalar(NEWEST_FIRST.limit(1))
    in_force_now = newest.policy if newest else DEFAULT_POLICY
    if in_force_now.version != version:
        raise PolicyChanged(
            f"policy {in_force_now.version} came into force meanwhile; nothing was changed"
        )
