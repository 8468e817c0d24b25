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
from creditapp.phrases import marked


class Action(StrEnum):
    """Everything that is recorded as an event."""

    SIGNED_IN = marked("signed in")
    SIGN_IN_FAILED = marked("sign-in failed")
    SIGNED_OUT = marked("signed out")
    SESSIONS_ENDED = marked("sessions ended")
    CONFIRMATION_FAILED = marked("confirmation failed")
    SECOND_FACTOR_SET_UP = marked("second factor set up")
    SECOND_FACTOR_REMOVED = marked("second factor removed")
    RECOVERY_CODE_USED = marked("recovery code used")
    PERSON_ADDED = marked("person added")
    ROLE_CHANGED = marked("role changed")
    PERSON_DISABLED = marked("person disabled")
    PERSON_ENABLED = marked("person enabled")
    PASSWORD_CHANGED = marked("password changed")
    KEY_ADDED = marked("key added")
    KEY_REVOKED = marked("key revoked")
    MODEL_PROMOTED = marked("model promoted")
    CONDITIONS_OVERRIDDEN = marked("conditions overridden")
    MODEL_DEPLOYED = marked("model deployed")
    MODEL_REFUSED = marked("model refused")
    CHALLENGER_CHANGED = marked("challenger changed")
    POLICY_CHANGED = marked("policy changed")
    CHANGE_PROPOSED = marked("change proposed")
    PROPOSAL_APPROVED = marked("proposal approved")
    PROPOSAL_REJECTED = marked("proposal rejected")
    PROPOSAL_WITHDRAWN = marked("proposal withdrawn")
    WITHOUT_SECOND_PERSON = marked("changed without a second person")
    DECISION_REVIEWED = marked("decision reviewed")
    LETTER_REASON_WRITTEN = marked("reason written for a letter")
    OUTCOME_RECORDED = marked("outcome recorded")
    DATA_READ = marked("data read")
    DATA_EXPORTED = marked("data exported")
    DATA_ERASED = marked("data erased")
    DATA_EXPIRED = marked("data expired")
    ACCESS_REFUSED = marked("access refused")
    FILE_UPLOADED = marked("file uploaded")
    FILE_SCORING_STARTED = marked("file scoring started")
    FILE_SCORED = marked("file scored")
    FILE_DELETED = marked("file deleted")
    CASE_RELEASED = marked("case released")
    CASE_ESCALATED = marked("case escalated")
    CASE_GIVEN_BACK = marked("case given back")


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
