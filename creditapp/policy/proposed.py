"""Proposed policies: kept as documents, and read and checked anew when they are approved."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.exceptions import BadPolicy
from creditapp.identity import proposals
from creditapp.identity.actors import Actor
from creditapp.identity.proposals import Kind, Proposal, Settlement
from creditapp.phrases import marked
from creditapp.policy import versions
from creditapp.policy.definition import (
    Policy,
    check_cut_offs,
    check_repeats,
    from_document,
    rules_from,
)
from creditapp.policy.points import check_scale


def propose(
    policy: Policy,
    actor: Actor,
    reason: str,
    *,
    instead_of: str,
    starts_at: datetime | None = None,
) -> int:
    """Propose a policy in place of the newest one that the caller saw; return the proposal's number.

    Raises:
        BadPolicy: a value or the time is wrong; nothing was kept.
        BadProposal: the reason is missing or too long; nothing was kept.
    """
    check_cut_offs(policy.low_risk_from, policy.medium_risk_from)
    if policy.points:
        check_scale(policy.points)
    check_repeats(policy.refer_repeats_days)
    versions.check_start(starts_at)
    content = {
        "policy": policy.as_document(),
        "instead_of": instead_of,
        "starts_at": starts_at.isoformat() if starts_at else None,
    }
    return proposals.propose(Kind.POLICY, content, reason, actor)


def approve(proposal: Proposal, settlement: Settlement, catalogue: Catalogue) -> Policy:
    """Put a proposed policy in force, and settle the proposal in the same transaction.

    Raises:
        BadPolicy: it does not fit the inputs of the served model any more, or its time has passed.
        PolicyChanged: a newer policy was set since it was proposed.
        ProposalClosed, SamePerson, BadProposal: see `proposals.check`; in each case nothing changed.
    """
    policy = policy_of(proposal.content)
    rules_from(catalogue, [rule.as_document() for rule in policy.rules])
    return versions.put_in_force(
        policy,
        settlement.actor,
        f"{proposal.reason} (proposed by {proposal.proposed_by})",
        instead_of=proposal.content["instead_of"],
        starts_at=start_of(proposal.content),
        also=lambda session: proposals.settle_in(session, settlement),
    )


def policy_of(content: dict[str, Any]) -> Policy:
    """The policy of a proposal's content.

    Raises:
        BadPolicy: it cannot be read.
    """
    try:
        return replace(from_document(content["policy"]), version="proposed")
    except (KeyError, TypeError, ValueError) as error:
        raise BadPolicy(marked("the proposed policy cannot be read; propose it again")) from error


def start_of(content: dict[str, Any]) -> datetime | None:
    """The time from which a proposed policy is to be in force; none is at once."""
    text = content["starts_at"]
    return datetime.fromisoformat(text) if text else None
