"""Proposed promotions: what a proposal keeps of one, and how it is read again."""

from dataclasses import asdict
from typing import Any

from creditapp.exceptions import BadProposal
from creditapp.identity import proposals
from creditapp.identity.actors import Actor
from creditapp.identity.proposals import Kind, Proposal, Settlement
from creditapp.phrases import marked
from creditapp.serving.lifecycle import Permissions


def propose(version: str, reason: str, actor: Actor, permissions: Permissions) -> int:
    """Propose to promote a version; return the proposal's number.

    Its conditions are checked when it is approved, as they may change until then.

    Raises:
        BadProposal: the reason is missing or too long; nothing was kept.
    """
    content: dict[str, Any] = {"version": version, "permissions": asdict(permissions)}
    return proposals.propose(Kind.PROMOTION, content, reason, actor)


def permissions_of(proposal: Proposal) -> Permissions:
    """What the person who proposed a promotion accepts."""
    return Permissions(**proposal.content["permissions"])


def reason_of(proposal: Proposal) -> str:
    """The reason that the deployment keeps."""
    return f"{proposal.reason} (proposed by {proposal.proposed_by})"


def check(version: str, settlement: Settlement) -> Proposal:
    """Check that an approval is of a proposal to promote this version.

    Raises:
        BadProposal: it is of something else.
        UnknownProposal, ProposalClosed, SamePerson: see `proposals.check`.
    """
    proposal = proposals.check(settlement)
    if proposal.kind != Kind.PROMOTION or proposal.content["version"] != version:
        raise BadProposal(
            marked("proposal %(number)s does not propose to promote version %(version)s"),
            number=proposal.id,
            version=version,
        )
    return proposal
