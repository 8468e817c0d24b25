"""Reviews: what people decide after the automatic decision; all are kept, and the newest applies.

A review has a reason as a code, which stays, and in the reviewer's own words. The words may contain personal
data, so they have a table of their own and can be erased.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.salts import SALT_BYTES, salts
from creditapp.database.session import lock_table, reading, writing
from creditapp.decisions import claims
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.log import Decision, lock_answers
from creditapp.decisions.review_reasons import ReviewReason, in_words
from creditapp.exceptions import AlreadyReviewed, BadReview, SamePerson
from creditapp.explanations.reasons import Reason, Source
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import Phrase, Verbatim, marked

LONGEST_NOTE = 500
LANGUAGES = ("en", "fr")
"""The languages of letters; the first one is that of words from before their language was recorded."""


class Verdict(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    DECLINE = "decline"


class SentReview(NamedTuple):
    """What a person decided, and why: the code of a `ReviewReason`, and a note in their own words.

    `language` is that of the note.
    """

    outcome: str
    reason: str
    note: str
    language: str = LANGUAGES[0]


class ReviewNote(Base):
    """A reviewer's reason in their own words; it can be erased without touching the review."""

    __tablename__ = "review_note"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(2))
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))


class Review(Base):
    """One person's decision on an application that was decided automatically before."""

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_decision_id", "decision_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    reviewed_by: Mapped[str] = mapped_column(String(100))
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[ReviewNote | None] = relationship(viewonly=True)

    @property
    def note(self) -> str | None:
        """The reviewer's own words; none once they are erased."""
        return self.words.note if self.words else None

    @property
    def language(self) -> str | None:
        """The language of the reviewer's words; none once they are erased."""
        return (self.words.language or LANGUAGES[0]) if self.words else None

    @property
    def reason_text(self) -> str:
        """The reason in words, to be translated."""
        return in_words(self.reason)


def newest_first(decision_id: UUID) -> Select[Review]:
    """The query for all reviews of a decision, newest first."""
    query = select(Review).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    return query.options(joinedload(Review.words))


def find_newest(decision_ids: Sequence[UUID]) -> dict[UUID, Review]:
    """The newest review of each of some decisions; one that nobody reviewed is left out.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(Review).where(Review.decision_id.in_(decision_ids)).order_by(Review.id)
    with reading() as session:
        return {review.decision_id: review for review in session.scalars(query)}


def effective_outcome(decision: Decision, newest: Review | None) -> str:
    """What applies: the newest review's outcome if there is one, else the automatic decision's."""
    return newest.outcome if newest else decision.decision


def reasons_of(review: Review) -> tuple[Reason, ...]:
    """The reason for a person's decline, in that person's words; none once they are erased."""
    if review.outcome == Verdict.APPROVE or not review.note:
        return ()
    return (Reason("", "", "", Phrase("%(text)s", {"text": Verbatim(review.note)}), Source.PERSON),)


def record(
    decision: Decision,
    sent: SentReview,
    actor: Actor,
    newest_seen: int | None,
    *,
    by_another: bool = False,
    is_senior: bool = False,
) -> Review:
    """Record a person's decision; `newest_seen` is the id of the newest review the person saw, if any.

    `is_senior`: they may decide what was escalated. Once the answers are erased, a review has no note: it is
    neither required nor recorded.

    Raises:
        SamePerson: it must be by another person (`by_another`) than who scored; nothing was recorded.
        BadReview: the outcome, the reason or the language is unknown, or the note is missing or too long;
            nothing was recorded.
        TakenByAnother, NotAllowed: somebody else has the case, or an analyst must decide it; nothing was
            recorded.
        AlreadyReviewed: a newer review exists; nothing was recorded.
        DatabaseUnavailable: nothing was recorded.
    """
    check(decision, sent, actor, by_another=by_another)
    sent = sent._replace(note=sent.note.strip())
    with writing() as session:
        standing = claims.lock(session, decision.decision_id)
        claims.check(standing, Reviewer(actor, is_senior))
        _check_newest(session, decision.decision_id, newest_seen)
        return _add(session, decision, sent, actor)


def check(decision: Decision, sent: SentReview, actor: Actor, *, by_another: bool = False) -> None:
    """Check what a person sent, before anything is asked of the database; raises what `record` raises."""
    if by_another and is_own(decision, actor):
        raise SamePerson(
            marked(
                "you scored this application, so another person must review it; nothing was recorded"
            )
        )
    _check_codes(sent)
    if decision.given:
        _check_note(sent.note.strip())


def _check_codes(sent: SentReview) -> None:
    if sent.outcome not in list(Verdict):
        raise BadReview(marked("the outcome must be approve or decline"))
    if sent.reason not in list(ReviewReason):
        raise BadReview(
            marked("choose a main reason; accepted is %(reasons)s"), reasons=", ".join(ReviewReason)
        )
    if sent.language not in LANGUAGES:
        raise BadReview(
            marked("the language must be one of %(languages)s"), languages=", ".join(LANGUAGES)
        )


def _check_note(note: str) -> None:
    if not (0 < len(note) <= LONGEST_NOTE and note.isprintable()):
        raise BadReview(
            marked("a reason of 1 to %(longest)s printable characters is required"),
            longest=LONGEST_NOTE,
        )


def is_own(decision: Decision, actor: Actor) -> bool:
    """Whether somebody scored the application themselves."""
    return decision.made_by == actor.label[:100]


def _check_newest(session: Session, decision_id: UUID, newest_seen: int | None) -> None:
    lock_table(session, "review")
    query = select(Review.id).where(Review.decision_id == decision_id).order_by(Review.id.desc())
    check_seen(session.scalar(query.limit(1)), newest_seen)


def check_seen(newest: int | None, newest_seen: int | None) -> None:
    """Check that a person saw the newest review, if there is one; both are ids.

    Raises:
        AlreadyReviewed: they did not.
    """
    if newest != newest_seen:
        raise AlreadyReviewed(
            marked(
                "another person reviewed this decision after you opened it; nothing was recorded"
            )
        )


def _add(session: Session, decision: Decision, sent: SentReview, actor: Actor) -> Review:
    """Add the review, its note and its event in one transaction; the event does not repeat the note."""
    # why: before the review, as the retention also locks the answers before the decision.
    has_answers = lock_answers(session, decision.decision_id)
    review = Review(
        decision_id=decision.decision_id,
        outcome=sent.outcome,
        reason=sent.reason,
        reviewed_by=actor.label[:100],
        reviewed_at=datetime.now(UTC),
    )
    session.add(review)
    session.flush()
    if has_answers:
        [salt] = salts(1)
        words = ReviewNote(review_id=review.id, note=sent.note, language=sent.language, salt=salt)
        session.add(words)
    detail = f"{decision.decision} reviewed: {sent.outcome}"
    audit.note(session, actor, Action.DECISION_REVIEWED, str(decision.decision_id), detail)
    return review
