"""The audit trail: who did what to whom, when, in which request; only ever added to."""

import os
import pwd
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from flask import has_request_context
from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.observability import request_ids


class Action(StrEnum):
    """Everything that leaves an event."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    PERSON_ADDED = "person added"
    ROLE_CHANGED = "role changed"
    PERSON_DISABLED = "person disabled"
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    KEY_ADDED = "key added"
    KEY_REVOKED = "key revoked"
    MODEL_PROMOTED = "model promoted"
    MODEL_DEPLOYED = "model deployed"
    MODEL_REFUSED = "model refused"
    CHALLENGER_CHANGED = "challenger changed"
    POLICY_CHANGED = "policy changed"
    DECISION_REVIEWED = "decision reviewed"
    ACCESS_REFUSED = "access refused"


class AuditEvent(Base):
    """One event; `actor` did `action` to `subject`."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(64))


def note(
    session: Session,
    actor: str,
    action: Action,
    subject: str,
    detail: str = "",
    request_id: str = "",
) -> None:
    """Add an event to a transaction: it stands if what it tells of does."""
    session.add(
        AuditEvent(
            at=datetime.now(UTC),
            actor=_plain(actor)[:100],
            action=action.value,
            subject=_plain(subject)[:200],
            detail=_plain(detail),
            request_id=request_ids.current() if has_request_context() else request_id,
        )
    )


def record(
    actor: str, action: Action, subject: str, detail: str = "", request_id: str = ""
) -> None:
    """Add an event by itself; outside a request it may name the one that it was done for."""
    with writing() as session:
        note(session, actor, action, subject, detail, request_id)


def recent(before: int | None = None, limit: int = 50) -> Sequence[AuditEvent]:
    """Events, newest first, or those older than one of them."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    with reading() as session:
        return session.scalars(query).all()


def operator() -> str:
    """Whoever runs a command on this machine, as an actor: by the system's word, not the environment's."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return f"command line: {name}"


def _plain(text: str) -> str:
    """Text that cannot pretend to be another line, or another colour, where it is shown."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
