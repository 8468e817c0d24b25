"""The rows of an exported list of decisions: what the list shows, with names for programs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from creditapp.decisions import reviews
from creditapp.decisions.corrections import find_corrected
from creditapp.decisions.filters import Amounts, Filters, State
from creditapp.decisions.log import Decision
from creditapp.decisions.reviews import Review, effective_outcome
from creditapp.decisions.search import find_all
from creditapp.policy.definition import Outcome


class ExportedRow(NamedTuple):
    """One decision; times are in UTC, and what is not known is none."""

    decision_id: str
    decided_at: datetime
    reference: str | None
    amount: float | None
    automatic_outcome: str
    outcome: str
    state: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_reason: str | None
    probability_good_credit: float
    score: int | None
    risk_level: str
    channel: str
    made_by: str
    model_version: str
    policy_version: str
    portfolio: str


def rows(filters: Filters, most: int) -> Iterator[list[ExportedRow]]:
    """The fitting decisions by their time, a part at a time, and at most so many.

    Raises:
        DatabaseUnavailable: the database cannot be read; what came before is a part of the list.
    """
    for part in find_all(filters, most):
        yield list(_rows(part, filters.amounts))


def describe(filters: Filters, form: str) -> str:
    """What is exported, for the event: the names of the filters and no search text, which may be personal."""
    told = {
        name: value
        for name, value in vars(filters).items()
        if value and name not in ("text", "inside", "order", "amounts")
    }
    if filters.text:
        told["text"] = "given"
    return f"{form}: " + (", ".join(f"{name} {value}" for name, value in told.items()) or "all")


def _rows(part: Sequence[Decision], amounts: Amounts) -> Iterable[ExportedRow]:
    ids = [one.decision_id for one in part]
    newest, corrected = reviews.find_newest(ids), find_corrected(ids)
    for one in part:
        review = newest.get(one.decision_id)
        state = _state(one, review, is_corrected=one.decision_id in corrected)
        yield _row(one, review, state, amounts)


def _row(decision: Decision, review: Review | None, state: State, amounts: Amounts) -> ExportedRow:
    return ExportedRow(
        decision_id=str(decision.decision_id),
        decided_at=decision.timestamp,
        reference=decision.reference,
        amount=_amount(decision, amounts),
        automatic_outcome=decision.decision,
        outcome=effective_outcome(decision, review),
        state=state.value,
        reviewed_by=review.reviewed_by if review else None,
        reviewed_at=review.reviewed_at if review else None,
        review_reason=review.reason if review else None,
        probability_good_credit=decision.probability_good_credit,
        score=decision.score,
        risk_level=decision.risk_level,
        channel=decision.channel,
        made_by=decision.made_by,
        model_version=decision.model_version,
        policy_version=decision.policy_version,
        portfolio=decision.portfolio,
    )


def _amount(decision: Decision, amounts: Amounts) -> float | None:
    if decision.given is None or decision.portfolio != amounts.portfolio:
        return None
    amount: Any = decision.given.answers.get(amounts.question)
    return float(amount) if isinstance(amount, int | float) else None


def _state(decision: Decision, review: Review | None, *, is_corrected: bool) -> State:
    if review:
        return State.REVIEWED
    if is_corrected:
        return State.CORRECTED
    return State.WAITING if decision.decision == Outcome.REFER else State.AUTOMATIC
