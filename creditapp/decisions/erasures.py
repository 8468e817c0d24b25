"""Erasing the personal data of decisions, and the record of each erasure.

The answers, the reference, the reviewers' words, the notes on the case and the kept answers to requests go.
The decision stays, and so do the hashes of the erased rows in the seals. Each erasure is on record: without
that record, a missing row counts as removed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Index, String, Text, delete, select, union, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import purge, reading, writing
from creditapp.decisions.case_notes import CaseNote
from creditapp.decisions.letter_reasons import LetterReason
from creditapp.decisions.log import Answers, Decision, find, first_id, get, moment_of
from creditapp.decisions.once import KeptAnswer, State
from creditapp.decisions.references import is_one_of
from creditapp.decisions.reviews import Review, ReviewNote
from creditapp.exceptions import BadErasure, UnknownDecision
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked

LONGEST_REASON = 200
AT_ONCE = 200
"""How many decisions are erased in one transaction, so that scoring does not wait for long."""


class Erasure(Base):
    """One erasure; `parts` are the names of the tables from which rows of the decision were deleted.

    It is no foreign key of the decision, which expires before it.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index("ix_erasure_decision_id", "decision_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID]
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    parts: Mapped[list[str]] = mapped_column(JSON)


class Erased(NamedTuple):
    """How many decisions had something to erase, and how many had been erased before."""

    now: int
    before: int


def erase(decision_ids: Sequence[str], actor: Actor, reason: str) -> Erased:
    """Erase the personal data of decisions; each erasure has an event without personal data.

    Raises:
        BadErasure: the reason is missing or too long; nothing was erased.
        UnknownDecision: no decision has one of the ids; those of earlier chunks are erased.
        DatabaseUnavailable: the same.
    """
    reason = reason.strip()
    if not (0 < len(reason) <= LONGEST_REASON and reason.isprintable()):
        raise BadErasure(
            marked("a reason of 1 to %(longest)s printable characters is required"),
            longest=LONGEST_REASON,
        )
    erased = 0
    for start in range(0, len(decision_ids), AT_ONCE):
        with writing() as session:
            for decision_id in decision_ids[start : start + AT_ONCE]:
                erased += _erase(session, get(session, decision_id), actor, reason)
    purge()
    return Erased(erased, len(decision_ids) - erased)


def find_by_reference(reference: str) -> list[str]:
    """The ids of all decisions on a reference, oldest first.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    return _ids(is_one_of([reference]))


def find_oldest(session: Session, before: datetime) -> datetime | None:
    """When the oldest decision whose answers are kept was made, if that is before a time."""
    query = select(Answers.decision_id).where(Answers.decision_id < first_id(before))
    oldest = session.scalar(query.order_by(Answers.decision_id).limit(1))
    return moment_of(oldest) if oldest else None


def erase_older(before: datetime, actor: Actor, *, dry_run: bool) -> int:
    """Erase the personal data of all decisions from before a time; how many have some.

    Also what people wrote about decisions whose answers are gone: earlier versions let them.

    Raises:
        DatabaseUnavailable: those of earlier chunks are erased.
    """
    overdue = _ids_with_words(first_id(before))
    if overdue and not dry_run:
        erase(overdue, actor, "kept for the time of retention")
    return len(overdue)


def list_all() -> Sequence[Erasure]:
    """All erasures, oldest first.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    with reading() as session:
        return session.scalars(select(Erasure).order_by(Erasure.id)).all()


def erase_again(decision_ids: Iterable[str], actor: Actor, reason: str) -> Erased:
    """Erase decisions that were erased before a backup was restored; unknown ones are passed over.

    Raises:
        BadErasure, DatabaseUnavailable: see `erase`.
    """
    return erase([one for one in decision_ids if _is_known(one)], actor, reason)


def find_erased(session: Session, part: str, decision_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some decisions whose rows in the table `part` were erased."""
    query = select(Erasure.decision_id, Erasure.parts).where(
        Erasure.decision_id.in_(list(decision_ids))
    )
    return {decision_id for decision_id, parts in session.execute(query) if part in parts}


def _ids(condition: ColumnElement[bool]) -> list[str]:
    """The ids of the decisions whose answers are kept and meet a condition, oldest first."""
    query = select(Answers.decision_id).where(condition).order_by(Answers.decision_id)
    with reading() as session:
        return [str(one) for one in session.scalars(query)]


def _ids_with_words(end: UUID) -> list[str]:
    """The ids of the decisions before an id that have personal data in any table, oldest first."""
    reviewed = select(Review.decision_id).join(ReviewNote, ReviewNote.review_id == Review.id)
    every = union(
        select(Answers.decision_id).where(Answers.decision_id < end),
        select(LetterReason.decision_id).where(LetterReason.decision_id < end),
        reviewed.where(Review.decision_id < end),
        select(CaseNote.decision_id).where(CaseNote.decision_id < end),
    )
    with reading() as session:
        return sorted(str(one) for one in session.scalars(every))


def _is_known(decision_id: str) -> bool:
    try:
        find(decision_id)
    except UnknownDecision:
        return False
    return True


def _erase(session: Session, decision: Decision, actor: Actor, reason: str) -> bool:
    """Delete the rows of one decision, and put that on record; False if there was nothing to delete."""
    decision_id = decision.decision_id
    reviews = select(Review.id).where(Review.decision_id == decision_id)
    deleted = {
        Answers.__tablename__: delete(Answers).where(Answers.decision_id == decision_id),
        LetterReason.__tablename__: delete(LetterReason).where(
            LetterReason.decision_id == decision_id
        ),
        ReviewNote.__tablename__: delete(ReviewNote).where(ReviewNote.review_id.in_(reviews)),
        CaseNote.__tablename__: delete(CaseNote).where(CaseNote.decision_id == decision_id),
    }
    parts = [name for name, rows in deleted.items() if session.execute(rows).rowcount]  # type: ignore[attr-defined]
    kept = update(KeptAnswer).where(
        KeptAnswer.request_id == decision.request_id,
        KeptAnswer.client == decision.made_by,
        KeptAnswer.state == State.ANSWERED.value,
    )
    session.execute(kept.values(state=State.ERASED.value, answer=None))
    if not parts:
        return False
    session.add(
        Erasure(
            decision_id=decision_id,
            erased_at=datetime.now(UTC),
            erased_by=actor.label[:100],
            reason=reason,
            parts=parts,
        )
    )
    audit.note(session, actor, Action.DATA_ERASED, str(decision_id), reason)
    return True
