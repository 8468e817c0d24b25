"""Which decisions a command is about: those of given ids, or those on a reference."""

from collections.abc import Sequence

from creditapp.decisions import log
from creditapp.decisions.erasures import find_by_reference
from creditapp.exceptions import UnnamedDecisions


def find_named(decision_ids: Sequence[str], reference: str | None) -> Sequence[str]:
    """The ids of the decisions, at least one.

    Raises:
        UnnamedDecisions: both or neither are given, or no decision has the reference.
        DatabaseUnavailable: the database cannot be read.
    """
    if bool(decision_ids) == bool(reference):
        raise UnnamedDecisions("give either the ids of decisions or --reference")
    found = decision_ids or find_by_reference(reference or "")
    if not found:
        raise UnnamedDecisions(
            "no decision has this reference; compare it with the list of decisions"
        )
    if reference:
        _check_one_client(found)
    return found


def _check_one_client(decision_ids: Sequence[str]) -> None:
    """Check that one client made all decisions: each client chooses its own references."""
    clients = {decision_id: log.find(decision_id).made_by for decision_id in decision_ids}
    if len(set(clients.values())) > 1:
        listed = ", ".join(f"{one} ({client})" for one, client in clients.items())
        raise UnnamedDecisions(
            "several clients use this reference, perhaps for different people; give the ids of the decisions "
            f"that are meant: {listed}"
        )
