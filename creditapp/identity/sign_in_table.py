"""The table of sign-ins: one row for each browser that a person signed in with."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime


class SignIn(Base):
    """A sign-in in one browser; only the digest of its token is stored.

    `network` and `agent` tell the person which browser it is: a shortened address, and two words.
    `confirmed_at` is when the person last proved who they are.
    """

    __tablename__ = "sign_in"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    network: Mapped[str] = mapped_column(String(50), server_default="")
    agent: Mapped[str] = mapped_column(String(80), server_default="")


def end_all(session: Session, person_id: int, but: str = "") -> int:
    """End the running sign-ins of a person but the one with this token digest; return how many."""
    running = update(SignIn).where(
        SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.token_digest != but
    )
    return int(session.execute(running.values(ended_at=datetime.now(UTC))).rowcount)  # type: ignore[attr-defined]
