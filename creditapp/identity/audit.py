"""The audit trail: who did what to whom, when, and in which request."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.identity.actors import Actor


class Action(StrEnum):
    """Everything that is recorded as an event."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    CONFIRMATION_FAILED = "confirmation failed"
    SECOND_FACTOR_SET_UP = "second factor set up"
    SECOND_FACTOR_REMOVED = "second factor removed"
    RECOVERY_CODE_USED = "recovery code used"
    PERSON_ADDED = "person added"
    ROLE_CHANGED = "role changed"
    PERSON_DISABLED = "person disabled"
    PERSON_ENABLED = "person enabled"
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    KEY_ADDED = "key added"
    KEY_REVOKED = "key revoked"
    MODEL_PROMOTED = "model promoted"
    CONDITIONS_OVERRIDDEN = "conditions overridden"
    MODEL_DEPLOYED = "model deployed"
    MODEL_REFUSED = "model refused"
    CHALLENGER_CHANGED = "challenger changed"
    POLICY_CHANGED = "policy changed"
    CHANGE_PROPOSED = "change proposed"
    PROPOSAL_APPROVED = "proposal approved"
    PROPOSAL_REJECTED = "proposal rejected"
    PROPOSAL_WITHDRAWN = "proposal withdrawn"
    WITHOUT_SECOND_PERSON = "changed without a second person"
    DECISION_REVIEWED = "decision reviewed"
    OUTCOME_RECORDED = "outcome recorded"
    DATA_READ = "data read"
    DATA_EXPORTED = "data exported"
    DATA_ERASED = "data erased"
    DATA_EXPIRED = "data expired"
    ACCESS_REFUSED = "access refused"


class AuditEvent(Base):
    """One event: `actor` did `action` to `subject`."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_at", "at"),
        # why: the number comes last, so that the newest events of somebody are found without sorting.
        Index("ix_audit_event_actor_id", "actor", "id"),
        Index("ix_audit_event_action_id", "action", "id"),
        Index("ix_audit_event_actor_action_id", "actor", "action", "id"),
        Index("ix_audit_event_subject_id", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(64))


def note(session: Session, actor: Actor, action: Action, subject: str, detail: str = "") -> None:
    """Add an event to a transaction, so that it is kept if and only if the change is."""
    session.add(
        AuditEvent(
            at=_now(),
            actor=_plain(actor.label)[:100],
            action=action.value,
            subject=_plain(subject)[:200],
            detail=_plain(detail),
            request_id=actor.request_id,
        )
    )


def record(actor: Actor, action: Action, subject: str, detail: str = "") -> None:
    """Add an event in a transaction of its own."""
    with writing() as session:
        note(session, actor, action, subject, detail)


def record_once(actor: Actor, action: Action, subject: str, within: timedelta) -> None:
    """Add an event, unless the same actor has the same one from within this time."""
    same = select(AuditEvent.id).where(
        AuditEvent.subject == subject,
        AuditEvent.action == action.value,
        AuditEvent.actor == _plain(actor.label)[:100],
        AuditEvent.at > _now() - within,
        # why: an event of a clock that was ahead must not hide those of today.
        AuditEvent.at <= _now(),
    )
    with reading() as session:
        if session.scalar(same.limit(1)) is not None:
            return
    record(actor, action, subject)


def find_about(subject: str) -> Sequence[AuditEvent]:
    """All events about a subject, oldest first.

    Raises:
        DatabaseUnavailable: the events cannot be read.
    """
    query = select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
    with reading() as session:
        return session.scalars(query).all()


def find_newest(before: int | None = None, limit: int = 50) -> Sequence[AuditEvent]:
    """Events, newest first; with `before`, only those with a lower id."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    with reading() as session:
        return session.scalars(query).all()


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _plain(text: str) -> str:
    """Escape what could fake another line or colour where the text is shown."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
