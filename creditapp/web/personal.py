"""Who reads personal data is on record: one event for each reader and decision an hour."""

from datetime import timedelta

from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import UnknownDecision
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.web import access, rate_limits

ONCE_IN = timedelta(hours=1)


def load_personal(decision_id: str) -> StoredDecision:
    """Load a decision to show its personal data; the reading is recorded first, or nothing is shown.

    Raises:
        UnknownDecision: no decision has this id, or the client may not read it.
        DatabaseUnavailable: the decision cannot be read, or the event cannot be recorded.
        LimitReached: the client has read too many.
    """
    rate_limits.spend_reading()
    stored = stored_decisions.load(decision_id)
    if not access.may_read(stored.decision.made_by):
        raise UnknownDecision(decision_id)
    if stored.decision.given is not None:
        audit.record_once(access.current_actor(), Action.DATA_READ, decision_id, ONCE_IN)
    return stored
