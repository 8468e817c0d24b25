"""What people decided after the machine: each review is kept, the newest stands; only ever added to.

The reviewer's words may tell of the applicant, so they lie in a table of their own and can be erased.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.decisions.log import Decision
from creditapp.exceptions import BadReview, DecisionLogUnavailable, ReviewedMeanwhile
from creditapp.explanations.reasons import Reason, Source
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.phrases import Phrase

LONGEST_NOTE = 500


class Verdict(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    DECLINE = "decline"


class ReviewNote(Base):
    """A reviewer's reason, in their own words; erasable without touching the review."""

    __tablename__ = "review_note"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)


class Review(Base):
    """One person's decision on one application that the machine had decided on."""

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


def of(decision_id: UUID) -> Sequence[Review]:
    """All reviews of a decision, newest first.

    Raises:
        DecisionLogUnavailable: they cannot be read.
    """
    query = select(Review).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    try:
        with reading() as session:
            return session.scalars(query.options(joinedload(Review.words))).all()
    except SQLAlchemyError as error:
        raise DecisionLogUnavailable("the reviews cannot be read") from error


def waiting(before: UUID | None, limit: int) -> Sequence[Decision]:
    """Decisions that were referred to a person and that nobody has reviewed, newest first.

    Raises:
        DecisionLogUnavailable: they cannot be read.
    """
    reviewed = select(Review.id).where(Review.decision_id == Decision.decision_id).exists()
    query = select(Decision).where(Decision.decision == "refer", ~reviewed)
    if before is not None:
        query = query.where(Decision.decision_id < before)
    try:
        with reading() as session:
            return session.scalars(query.order_by(Decision.decision_id.desc()).limit(limit)).all()
    except SQLAlchemyError as error:
        raise DecisionLogUnavailable("the decisions cannot be read") from error


def latest(decision_id: UUID) -> Review | None:
    """The review that stands, if there is any; raises what `of` does."""
    return next(iter(of(decision_id)), None)


def standing(decision: Decision, review: Review | None) -> str:
    """What stands: approve, refer or decline; a person's review goes before the machine's decision."""
    return review.outcome if review else decision.decision


def reasons_of(review: Review) -> tuple[Reason, ...]:
    """The reason for a person's decline, in that person's words: the model is not blamed for it.

    None for an approval, or once the words are erased.
    """
    if review.outcome == Verdict.APPROVE or not review.note:
        return ()
    return (Reason("", "", "", Phrase("%(text)s", {"text": review.note}), Source.PERSON),)


def record(decision: Decision, outcome: str, note: str, actor: str, after: int | None) -> Review:
    """Keep a person's decision; `after` is the review that the person knew of, if there was one.

    Raises:
        BadReview: the outcome or the note is none; nothing was kept.
        ReviewedMeanwhile: another review was made since; nothing was kept.
        DecisionLogUnavailable: nothing could be written.
    """
    note = note.strip()
    if outcome not in list(Verdict):
        raise BadReview("accepted is approve or decline")
    if not (0 < len(note) <= LONGEST_NOTE and note.isprintable()):
        raise BadReview(f"a reason of 1 to {LONGEST_NOTE} printable characters is expected")
    try:
        with writing() as session:
            _check_is_newest(session, decision.decision_id, after)
            return _add(session, decision, outcome, note, actor)
    except SQLAlchemyError as error:
        raise DecisionLogUnavailable("the review could not be recorded") from error


def _check_is_newest(session: Session, decision_id: UUID, known: int | None) -> None:
    """Nobody else may review until this transaction ends: SQLite's writers wait anyhow."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE review IN EXCLUSIVE MODE"))
    query = select(Review.id).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    if session.scalar(query.limit(1)) != known:
        raise ReviewedMeanwhile("somebody else reviewed this decision meanwhile; nothing was kept")


def _add(session: Session, decision: Decision, outcome: str, note: str, actor: str) -> Review:
    """The review, its words and its event stand or fall together; the words are in none but one place."""
    review = Review(
        decision_id=decision.decision_id,
        outcome=outcome,
        reviewed_by=actor[:100],
        reviewed_at=datetime.now(UTC),
    )
    session.add(review)
    session.flush()
    session.add(ReviewNote(review_id=review.id, note=note))
    what = f"{decision.decision} reviewed: {outcome}"
    audit.note(session, actor, Action.DECISION_REVIEWED, str(decision.decision_id), what)
    return review
