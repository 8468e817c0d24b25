"""Who has a case: a decision that waits belongs to one person at a time, who took it.

Each change locks the row of the waiting decision first, and so does a review. So two people never take one
case, and nobody reviews a case that somebody else has taken. The database itself ends a claim and an
escalation with the review.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import String, Uuid, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import writing
from creditapp.decisions import case_notes
from creditapp.decisions.case_notes import NoteKind
from creditapp.decisions.waiting import WaitingDecision
from creditapp.exceptions import NotAllowed, NotWaiting, TakenByAnother
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked

NOT_WAITING = marked("this case does not wait any more: somebody has reviewed or corrected it")
TAKEN = marked("somebody else has taken this case; ask them, or an analyst, to release it")
ESCALATED = marked("this case was escalated, so an analyst decides it")
NOT_YOURS = marked("somebody else has this case; only an analyst may release it for them")


@dataclass(frozen=True)
class Reviewer:
    """Who works on a case; `is_senior` may release the cases of others and decide what was escalated."""

    actor: Actor
    is_senior: bool = False

    @property
    def label(self) -> str:
        """The name that tables keep."""
        return self.actor.label[:100]


class WaitingClaim(Base):
    """Who took a decision that waits, and when."""

    __tablename__ = "waiting_claim"

    decision_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    taken_by: Mapped[str] = mapped_column(String(100))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WaitingEscalation(Base):
    """Who asked analysts to decide, and when; the reason is a note of the case."""

    __tablename__ = "waiting_escalation"

    decision_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    escalated_by: Mapped[str] = mapped_column(String(100))
    escalated_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Standing:
    """Whether a decision waits, who has it, and who escalated it."""

    waits: bool = False
    claim: WaitingClaim | None = None
    escalation: WaitingEscalation | None = None

    def problem_for(self, reviewer: Reviewer) -> NotAllowed | TakenByAnother | None:
        """Why a person may not decide the case; none if they may."""
        if self.claim and self.claim.taken_by != reviewer.label:
            return TakenByAnother(TAKEN)
        if self.escalation and not reviewer.is_senior:
            return NotAllowed(ESCALATED)
        return None


def find_standing(session: Session, decision_id: UUID) -> Standing:
    """How a case stands."""
    query = (
        select(WaitingDecision.decision_id, WaitingClaim, WaitingEscalation)
        .outerjoin(WaitingClaim, WaitingClaim.decision_id == WaitingDecision.decision_id)
        .outerjoin(WaitingEscalation, WaitingEscalation.decision_id == WaitingDecision.decision_id)
        .where(WaitingDecision.decision_id == decision_id)
    )
    row = session.execute(query).one_or_none()
    return Standing(True, row[1], row[2]) if row else Standing()


def lock(session: Session, decision_id: UUID) -> Standing:
    """How a case stands; until the end of the transaction nobody else changes that."""
    # why: PostgreSQL locks the row; SQLite has only one writer at a time.
    query = select(WaitingDecision.decision_id).where(WaitingDecision.decision_id == decision_id)
    session.execute(query.with_for_update())
    return find_standing(session, decision_id)


def check(standing: Standing, reviewer: Reviewer) -> None:
    """Check that a person may decide a case.

    Raises:
        TakenByAnother: somebody else has it.
        NotAllowed: it was escalated, and they are no analyst.
    """
    if problem := standing.problem_for(reviewer):
        raise problem


def take(decision_id: UUID, reviewer: Reviewer) -> None:
    """Take a case; it is no fault to have it already.

    Raises:
        NotWaiting: it does not wait.
        TakenByAnother, NotAllowed: see `check`.
        DatabaseUnavailable: nothing was changed.
    """
    with writing() as session:
        standing = _lock_waiting(session, decision_id)
        check(standing, reviewer)
        if standing.claim is None:
            now = datetime.now(UTC)
            claim = WaitingClaim(decision_id=decision_id, taken_by=reviewer.label, taken_at=now)
            session.add(claim)


def release(decision_id: UUID, reviewer: Reviewer) -> None:
    """Let others take a case; if it is another person's, that is an event.

    Raises:
        NotWaiting: it does not wait.
        NotAllowed: it is another person's, and they are no analyst.
        DatabaseUnavailable: nothing was changed.
    """
    with writing() as session:
        claim = _lock_waiting(session, decision_id).claim
        if claim is None:
            return
        if claim.taken_by != reviewer.label:
            if not reviewer.is_senior:
                raise NotAllowed(NOT_YOURS)
            subject = str(decision_id)
            audit.note(session, reviewer.actor, Action.CASE_RELEASED, subject, claim.taken_by)
        session.delete(claim)


def escalate(decision_id: UUID, reason: str, reviewer: Reviewer) -> None:
    """Ask analysts to decide a case; it is nobody's then. The reason is a note, and there is an event.

    Raises:
        BadNote: the reason is missing or too long, or the answers were erased.
        NotWaiting: it does not wait.
        TakenByAnother, NotAllowed: see `check`.
        DatabaseUnavailable: nothing was changed.
    """
    with writing() as session:
        standing = _lock_waiting(session, decision_id)
        check(standing, reviewer)
        case_notes.add(session, decision_id, reason, reviewer.actor, NoteKind.ESCALATED)
        _free(session, decision_id)
        if standing.escalation is None:
            row = {"escalated_by": reviewer.label, "escalated_at": datetime.now(UTC)}
            session.add(WaitingEscalation(decision_id=decision_id, **row))
        audit.note(session, reviewer.actor, Action.CASE_ESCALATED, str(decision_id))


def give_back(decision_id: UUID, reason: str, reviewer: Reviewer) -> None:
    """Give an escalated case back to the officers; raises what `escalate` raises."""
    with writing() as session:
        standing = _lock_waiting(session, decision_id)
        check(standing, reviewer)
        case_notes.add(session, decision_id, reason, reviewer.actor, NoteKind.GIVEN_BACK)
        _free(session, decision_id)
        session.execute(
            delete(WaitingEscalation).where(WaitingEscalation.decision_id == decision_id)
        )
        audit.note(session, reviewer.actor, Action.CASE_GIVEN_BACK, str(decision_id))


def _free(session: Session, decision_id: UUID) -> None:
    session.execute(delete(WaitingClaim).where(WaitingClaim.decision_id == decision_id))


def _lock_waiting(session: Session, decision_id: UUID) -> Standing:
    standing = lock(session, decision_id)
    if not standing.waits:
        raise NotWaiting(NOT_WAITING)
    return standing
