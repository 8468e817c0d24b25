"""What a second person does with a proposal: approve it, reject it, or withdraw one's own."""

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext

from creditapp.exceptions import (
    BadPolicy,
    BadProposal,
    ChangeUnderWay,
    CreditappError,
    NotConfirmed,
    PolicyChanged,
    ProposalClosed,
    RefusedModel,
    RegistryUnavailable,
    SamePerson,
)
from creditapp.identity import proposals
from creditapp.identity.proposals import Kind, Proposal, Settlement, Verdict
from creditapp.policy import proposed
from creditapp.serving import cache as model_cache
from creditapp.serving import remote_commands
from creditapp.web import access, confirmation
from creditapp.web.access import ANALYSTS, open_to
from creditapp.web.pages import models, policy
from creditapp.web.phrasing import explain

blueprint = Blueprint("proposals", __name__)

EXPECTED = (
    BadPolicy,
    BadProposal,
    ChangeUnderWay,
    NotConfirmed,
    PolicyChanged,
    ProposalClosed,
    RefusedModel,
    RegistryUnavailable,
    SamePerson,
)
"""The failures that are shown on the page of the proposal."""


@blueprint.post("/proposals/<int:proposal_id>")
@open_to(ANALYSTS)
def settle(proposal_id: int) -> policy.Page:
    """Approve, reject or withdraw a proposal; an approval puts it in force at once."""
    proposal = proposals.find(proposal_id)
    try:
        _settle(proposal, request.form.get("verdict", ""))
    except EXPECTED as error:
        return _show(proposal, error)
    return redirect(url_for(_overview(proposal)))


def _settle(proposal: Proposal, verdict: str) -> None:
    if verdict not in list(Verdict):
        raise BadProposal(gettext("Approve, reject or withdraw the proposal."))
    reason = request.form.get("reason", "").strip()
    settlement = Settlement(proposal.id, Verdict(verdict), access.current_actor(), reason)
    proposals.check(settlement)
    if settlement.verdict is not Verdict.APPROVED:
        proposals.settle(settlement)
        return
    confirmation.confirm()
    if proposal.kind == Kind.POLICY:
        proposed.approve(proposal, settlement, model_cache.current().catalogue)
    else:
        remote_commands.approve(proposal, settlement)


def _overview(proposal: Proposal) -> str:
    return "policy.overview" if proposal.kind == Kind.POLICY else "models.overview"


def _show(proposal: Proposal, error: CreditappError) -> policy.Page:
    show = policy.show_problem if proposal.kind == Kind.POLICY else models.show_problem
    return show(explain(error), error.status)
