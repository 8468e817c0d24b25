"""Proposals: changes that one person proposes and another one approves or rejects.

A proposal and what became of it are two rows that are only ever added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import BadProposal, ProposalClosed, SamePerson, UnknownProposal
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.phrases import marked
from creditapp.row_numbers import HIGHEST

LONGEST_REASON = 500


class Kind(StrEnum):
    """What is proposed."""

    POLICY = "policy"
    PROMOTION = "promotion"


class Verdict(StrEnum):
    """What became of a proposal."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


CLOSED = {
    Verdict.APPROVED: marked("%(name)s approved proposal %(number)s; nothing was changed"),
    Verdict.REJECTED: marked("%(name)s rejected proposal %(number)s; nothing was changed"),
    Verdict.WITHDRAWN: marked("%(name)s withdrew proposal %(number)s; nothing was changed"),
}
ACTIONS = {
    Verdict.APPROVED: Action.PROPOSAL_APPROVED,
    Verdict.REJECTED: Action.PROPOSAL_REJECTED,
    Verdict.WITHDRAWN: Action.PROPOSAL_WITHDRAWN,
}


class Proposal(Base):
    """A proposed change; the owner of its kind knows what `content` means."""

    __tablename__ = "proposal"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(String(100))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProposalDecision(Base):
    """What became of a proposal, by whom and why; at most one for each."""

    __tablename__ = "proposal_decision"

    proposal_id: Mapped[int] = mapped_column(ForeignKey(Proposal.id), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Settlement:
    """A verdict on a proposal: who gives it, and why."""

    proposal_id: int
    verdict: Verdict
    actor: Actor
    reason: str


def propose(kind: Kind, content: dict[str, Any], reason: str, actor: Actor) -> int:
    """Keep a proposal, and return its number.

    Raises:
        BadProposal: the reason is missing, too long or not printable; nothing was kept.
    """
    row = Proposal(
        kind=kind.value,
        content=content,
        reason=_checked_reason(reason),
        proposed_by=actor.label[:100],
        proposed_at=datetime.now(UTC),
    )
    with writing() as session:
        session.add(row)
        session.flush()
        note(session, actor, Action.CHANGE_PROPOSED, f"proposal {row.id} ({kind})", row.reason)
        return row.id


def find_open(kind: Kind) -> Sequence[Proposal]:
    """The proposals of a kind that wait for a second person, newest first."""
    decided = select(ProposalDecision.proposal_id)
    query = select(Proposal).where(Proposal.kind == kind.value, Proposal.id.not_in(decided))
    with reading() as session:
        return session.scalars(query.order_by(Proposal.id.desc())).all()


def find(proposal_id: int) -> Proposal:
    """A proposal.

    Raises:
        UnknownProposal: there is none with this number.
    """
    with reading() as session:
        row = session.get(Proposal, proposal_id) if 0 < proposal_id <= HIGHEST else None
    if row is None:
        raise UnknownProposal(marked("there is no proposal %(number)s"), number=proposal_id)
    return row


def check(settlement: Settlement) -> Proposal:
    """Check whether somebody may settle a proposal so, before anything is done about it.

    Raises:
        UnknownProposal, ProposalClosed, SamePerson, BadProposal: the message says why not.
    """
    find(settlement.proposal_id)
    with reading() as session:
        return _check(session, settlement)


def settle(settlement: Settlement) -> None:
    """Reject or withdraw a proposal; raises what `check` raises, and then nothing changed."""
    with writing() as session:
        settle_in(session, settlement)


def settle_in(session: Session, settlement: Settlement) -> None:
    """Settle a proposal in the transaction that makes the change; raises what `check` raises."""
    lock_table(session, "proposal_decision")
    proposal = _check(session, settlement)
    session.add(
        ProposalDecision(
            proposal_id=proposal.id,
            verdict=settlement.verdict.value,
            reason=settlement.reason,
            decided_by=settlement.actor.label[:100],
            decided_at=datetime.now(UTC),
        )
    )
    subject = f"proposal {proposal.id} ({proposal.kind})"
    note(session, settlement.actor, ACTIONS[settlement.verdict], subject, settlement.reason)


def _check(session: Session, settlement: Settlement) -> Proposal:
    proposal = session.get_one(Proposal, settlement.proposal_id)
    decided = session.get(ProposalDecision, proposal.id)
    if decided:
        raise ProposalClosed(
            CLOSED[Verdict(decided.verdict)],
            number=proposal.id,
            name=decided.decided_by,
        )
    is_own = settlement.actor.label[:100] == proposal.proposed_by
    if settlement.verdict is Verdict.WITHDRAWN:
        if not is_own:
            raise SamePerson(marked("only the person who made a proposal can withdraw it"))
        return proposal
    if is_own:
        raise SamePerson(
            marked(
                "you made proposal %(number)s, so another person must approve or reject it; you can "
                "withdraw it"
            ),
            number=proposal.id,
        )
    _checked_reason(settlement.reason)
    return proposal


def _checked_reason(reason: str) -> str:
    text = reason.strip()
    if not (0 < len(text) <= LONGEST_REASON and text.isprintable()):
        raise BadProposal(
            marked("a reason of 1 to %(longest)s printable characters is required"),
            longest=LONGEST_REASON,
        )
    return text
