"""What decided where the probability alone would have led to another outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from creditapp.decisions.log import Decision, NewDecision
from creditapp.explanations.reasons import Reason, Source
from creditapp.policy.definition import Outcome, Policy, RiskLevel


@dataclass(frozen=True)
class Cause:
    """What decided, in a few words, and the outcome that the probability alone would have had."""

    text: str
    by_probability: Outcome


def find_cause(
    decision: Decision | NewDecision, policy: Policy, reasons: Sequence[Reason]
) -> Cause | None:
    """The cause of a decision; none where the probability alone led to it."""
    by_probability = policy.outcomes[RiskLevel(decision.risk_level)]
    if decision.decision == by_probability:
        return None
    return Cause(_text(decision, reasons), by_probability)


def _text(decision: Decision | NewDecision, reasons: Sequence[Reason]) -> str:
    sources = {reason.source for reason in reasons}
    if any(reason.source is Source.RULE and not reason.feature for reason in reasons):
        return str(gettext("because the reference was decided before"))
    if Source.RULE in sources:
        return str(gettext("by a rule of the policy"))
    if decision.outside_training and decision.decision == Outcome.REFER:
        return str(gettext("because an answer is outside the training data"))
    return str(gettext("by a rule of the policy"))
