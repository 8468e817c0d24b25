"""Which decisions a command is about: those of given ids, or those on a reference."""

from collections.abc import Sequence

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
    return found
