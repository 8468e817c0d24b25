"""A reviewer's reason in the language of a letter, where the reviewer wrote it in another language.

It is never translated by the program: a person writes it. An applicant reads the words, so they can be
erased as those of the review are. Rows are only added; the newest of a language counts.

The key holds the decision, so that the seals know whose an erased row was; the row cannot be asked any more.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils import compat

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.salts import SALT_BYTES, salts
from creditapp.database.session import reading, writing
from creditapp.decisions.log import ERASED, Decision, lock_answers
from creditapp.decisions.reviews import LANGUAGES, LONGEST_NOTE, Review
from creditapp.exceptions import BadReview
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked


class LetterReason(Base):
    """What a letter in a language says instead of the words of a review in another one."""

    __tablename__ = "letter_reason"
    __table_args__ = (
        Index("ix_letter_reason_decision_id", "decision_id"),
        Index("ix_letter_reason_review_id", "review_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.decision_id), primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey(Review.id))
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str] = mapped_column(String(100))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))


def find(review: Review, language: str) -> str | None:
    """The words of a review in a language, as a person wrote them; none where nobody did.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    if review.note and review.language == language:
        return review.note
    query = select(LetterReason.text).where(
        LetterReason.review_id == review.id, LetterReason.language == language
    )
    with reading() as session:
        return session.scalar(query.order_by(LetterReason.id.desc()).limit(1))


def find_all(decision_id: UUID) -> list[LetterReason]:
    """All rows about the reviews of a decision, oldest first.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(LetterReason).where(LetterReason.decision_id == decision_id)
    with reading() as session:
        return list(session.scalars(query.order_by(LetterReason.id)))


def write(review: Review, language: str, text: str, actor: Actor) -> None:
    """Record the reason of a review in the language of a letter; the event does not repeat it.

    Raises:
        BadReview: the language is none of a letter, the text is missing or too long, or the answers were
            erased; nothing was recorded.
        DatabaseUnavailable: nothing was recorded.
    """
    text = text.strip()
    if language not in LANGUAGES:
        raise BadReview(
            marked("the language must be one of %(languages)s"), languages=", ".join(LANGUAGES)
        )
    if not (0 < len(text) <= LONGEST_NOTE and text.isprintable()):
        raise BadReview(
            marked("a reason of 1 to %(longest)s printable characters is required"),
            longest=LONGEST_NOTE,
        )
    row = LetterReason(
        id=compat.uuid7(),
        decision_id=review.decision_id,
        review_id=review.id,
        language=language,
        text=text,
        written_by=actor.label[:100],
        written_at=datetime.now(UTC),
        salt=salts(1)[0],
    )
    with writing() as session:
        if not lock_answers(session, review.decision_id):
            raise BadReview(ERASED)
        session.add(row)
        detail = f"in {language}"
        audit.note(session, actor, Action.LETTER_REASON_WRITTEN, str(review.decision_id), detail)
