"""Reviews: what people decide after the automatic decision; all are kept, and the newest applies.

A reviewer's reason may contain personal data, so it has a table of its own and can be erased.
"""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.salts import SALT_BYTES, salts
from creditapp.database.session import lock_table, writing
from creditapp.decisions.log import Decision
from creditapp.exceptions import AlreadyReviewed, BadReview, SamePerson
from creditapp.explanations.reasons import Reason, Source
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import Phrase

LONGEST_NOTE = 500


class Verdict(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    DECLINE = "decline"


class ReviewNote(Base):
    """A reviewer's reason in their own words; it can be erased without touching the review."""

    __tablename__ = "review_note"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))


class Review(Base):
    """One person's decision on an application that was decided automatically before."""

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_decision_id", "decision_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id))
    outcome: Mapped[str] = mapped_column(String(10))
    reviewed_by: Mapped[str] = mapped_column(String(100))
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[ReviewNote | None] = relationship(viewonly=True)

    @property
    def note(self) -> str | None:
        """The reviewer's reason; none once it is erased."""
        return self.words.note if self.words else None


def newest_first(decision_id: UUID) -> Select[Review]:
    """The query for all reviews of a decision, newest first."""
    query = select(Review).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    return query.options(joinedload(Review.words))


def effective_outcome(decision: Decision, newest: Review | None) -> str:
    """What applies: the newest review's outcome if there is one, else the automatic decision's."""
    return newest.outcome if newest else decision.decision


def reasons_of(review: Review) -> tuple[Reason, ...]:
    """The reason for a person's decline, in that person's words; none once they are erased."""
    if review.outcome == Verdict.APPROVE or not review.note:
        return ()
    return (Reason("", "", "", Phrase("%(text)s", {"text": review.note}), Source.PERSON),)


def record(
    decision: Decision,
    outcome: str,
    note: str,
    actor: Actor,
    newest_seen: int | None,
    *,
    by_another: bool = False,
) -> Review:
    """Record a person's decision; `newest_seen` is the id of the newest review the person saw, if any.

    Raises:
        SamePerson: it must be by another person (`by_another`) than who scored; nothing was recorded.
        BadReview: the outcome is unknown, or the note is missing or too long; nothing was recorded.
        AlreadyReviewed: a newer review exists; nothing was recorded.
        DatabaseUnavailable: nothing was recorded.
    """
    if by_another and is_own(decision, actor):
        raise SamePerson(
            "you scored this application, so another person must review it; nothing was recorded"
        )
    note = note.strip()
    if outcome not in list(Verdict):
        raise BadReview("the outcome must be approve or decline")
    if not (0 < len(note) <= LONGEST_NOTE and note.isprintable()):
        raise BadReview(f"a reason of 1 to {LONGEST_NOTE} printable characters is required")
    with writing() as session:
        _check_newest(session, decision.decision_id, newest_seen)
        return _add(session, decision, outcome, note, actor)


def is_own(decision: Decision, actor: Actor) -> bool:
    """Whether somebody scored the application themselves."""
    return decision.made_by == actor.label[:100]


def _check_newest(session: Session, decision_id: UUID, newest_seen: int | None) -> None:
    lock_table(session, "review")
    query = select(Review.id).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    if session.scalar(query.limit(1)) != newest_seen:
        raise AlreadyReviewed(
            "another person reviewed this decision after you opened it; nothing was recorded"
        )


def _add(session: Session, decision: Decision, outcome: str, note: str, actor: Actor) -> Review:
    """Add the review, its note and its event in one transaction; the event does not repeat the note."""
    review = Review(
        decision_id=decision.decision_id,
        outcome=outcome,
        reviewed_by=actor.label[:100],
        reviewed_at=datetime.now(UTC),
    )
    session.add(review)
    session.flush()
    session.add(ReviewNote(review_id=review.id, note=note, salt=salts(1)[0]))
    detail = f"{decision.decision} reviewed: {outcome}"
    audit.note(session, actor, Action.DECISION_REVIEWED, str(decision.decision_id), detail)
    return review
