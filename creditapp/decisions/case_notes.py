"""Notes on a case for colleagues: kept, never changed, and never shown in a letter.

They may hold personal data: they are erased with the answers, and an applicant gets them with their data.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, Text, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.decisions.log import ERASED, lock_answers
from creditapp.exceptions import BadNote
from creditapp.identity.actors import Actor
from creditapp.phrases import marked

LONGEST_NOTE = 1000


class NoteKind(StrEnum):
    """Why a note was written."""

    NOTE = "note"
    ESCALATED = "escalated"
    GIVEN_BACK = "given back"

    @property
    def text(self) -> str:
        """It in words, to be translated."""
        return TEXTS[self]


TEXTS = {
    NoteKind.NOTE: marked("note"),
    NoteKind.ESCALATED: marked("escalated to analysts"),
    NoteKind.GIVEN_BACK: marked("given back to officers"),
}
LENGTH = marked("write a note of 1 to %(most)s characters")


class CaseNote(Base):
    """One note; it goes with its decision by a trigger, and is no foreign key of it."""

    __tablename__ = "case_note"
    __table_args__ = (
        Index("ix_case_note_decision_id", "decision_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str] = mapped_column(String(100))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def kind_text(self) -> str:
        """Why it was written, in words, to be translated; a kind of a later version as it is."""
        return NoteKind(self.kind).text if self.kind in list(NoteKind) else self.kind


def write(decision_id: UUID, text: str, actor: Actor) -> None:
    """Keep a note on a case.

    Raises:
        BadNote: it is empty or too long, or the answers were erased; nothing was kept.
        DatabaseUnavailable: nothing was kept.
    """
    with writing() as session:
        add(session, decision_id, text, actor, NoteKind.NOTE)


def add(session: Session, decision_id: UUID, text: str, actor: Actor, kind: NoteKind) -> None:
    """The same in a transaction."""
    text = "\n".join(text.strip().splitlines())
    if not 0 < len(text) <= LONGEST_NOTE or not text.replace("\n", "").isprintable():
        raise BadNote(LENGTH, most=LONGEST_NOTE)
    if not lock_answers(session, decision_id):
        raise BadNote(ERASED)
    session.add(
        CaseNote(
            decision_id=decision_id,
            kind=kind.value,
            note=text,
            written_by=actor.label[:100],
            written_at=datetime.now(UTC),
        )
    )


def find_all(session: Session, decision_id: UUID) -> Sequence[CaseNote]:
    """The notes on a case, oldest first."""
    query = select(CaseNote).where(CaseNote.decision_id == decision_id).order_by(CaseNote.id)
    return session.scalars(query).all()


def of_decision(decision_id: UUID) -> Sequence[CaseNote]:
    """The same in a transaction of its own.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    with reading() as session:
        return find_all(session, decision_id)
