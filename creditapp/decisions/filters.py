"""What a list of decisions is filtered by, as conditions of a query."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select

from creditapp.decisions.corrections import Correction
from creditapp.decisions.log import CLOCK_SKEW, Answers, Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.decisions.waiting import WaitingDecision


class State(StrEnum):
    """Who has decided: the policy, a person, nobody yet, or a newer decision in its place."""

    AUTOMATIC = "automatic"
    REVIEWED = "reviewed"
    WAITING = "waiting"
    CORRECTED = "corrected"


class Order(StrEnum):
    """What a list is sorted by."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LIKELIEST = "likeliest"
    UNLIKELIEST = "unlikeliest"
    LARGEST = "largest"
    SMALLEST = "smallest"

    @property
    def is_by_time(self) -> bool:
        """Whether the ids give the order."""
        return self in (Order.NEWEST, Order.OLDEST)

    @property
    def is_by_amount(self) -> bool:
        """Whether the amount gives the order."""
        return self in (Order.LARGEST, Order.SMALLEST)

    @property
    def is_rising(self) -> bool:
        """Whether the smallest comes first."""
        return self in (Order.OLDEST, Order.UNLIKELIEST, Order.SMALLEST)


@dataclass(frozen=True)
class Amounts:
    """Where the amount of an application stands: the portfolio, and the name of its question."""

    portfolio: str = ""
    question: str = ""


@dataclass(frozen=True)
class Filters:
    """Which decisions, and in which order; an empty field does not filter. Times have an offset from UTC.

    `text` is searched in references and ids, with `inside` only in references, anywhere. `decision` is the
    automatic outcome, `outcome` the one that stands.
    """

    text: str = ""
    inside: bool = False
    since: datetime | None = None
    until: datetime | None = None
    decision: str = ""
    state: str = ""
    outcome: str = ""
    risk_level: str = ""
    model_version: str = ""
    policy_version: str = ""
    channel: str = ""
    made_by: str = ""
    amount_from: float | None = None
    amount_to: float | None = None
    order: Order = Order.NEWEST
    amounts: Amounts = Amounts()

    @property
    def needs_answers(self) -> bool:
        """Whether a condition or the order reads the answers."""
        by_amount = self.amount_from is not None or self.amount_to is not None
        return by_amount or self.order.is_by_amount

    @property
    def id_column(self) -> Any:
        """The column of ids that is read in its order: that of the table with the fewest fitting rows."""
        match self.state:
            case State.WAITING:
                return WaitingDecision.decision_id
            case State.REVIEWED:
                return Review.decision_id
            case State.CORRECTED:
                return Correction.corrects
        return Decision.decision_id

    @property
    def amount(self) -> ColumnElement[Any]:
        """The amount of an application; NULL where there is none."""
        # why: under CASE, PostgreSQL casts no text that another portfolio has under the same name.
        is_ours = Decision.portfolio == self.amounts.portfolio
        return case((is_ours, Answers.answers[self.amounts.question].as_float()))

    @property
    def sort_key(self) -> Any:
        """What the order compares before the ids."""
        if self.order.is_by_amount:
            return self.amount
        return Decision.decision_id if self.order.is_by_time else Decision.probability_good_credit

    def conditions(self) -> list[ColumnElement[bool]]:
        """All conditions but the text; those on amounts need the answers joined."""
        columns = {
            Decision.decision: self.decision,
            Decision.risk_level: self.risk_level,
            Decision.model_version: self.model_version,
            Decision.policy_version: self.policy_version,
            Decision.channel: self.channel,
        }
        found = [column == value for column, value in columns.items() if value]
        if self.made_by:
            labels = [self.made_by, f"person:{self.made_by}", f"key:{self.made_by}"]
            found.append(Decision.made_by.in_(labels))
        return [*found, *self._of_time(), *self._of_state(), *self._of_amount()]

    def bounds(self, column: Any) -> list[ColumnElement[bool]]:
        """Bounds on ids, which begin with their time; they hold for all decisions of the time."""
        found: list[ColumnElement[bool]] = []
        if self.since:
            found.append(column >= first_id(self.since - CLOCK_SKEW))
        if self.until:
            found.append(column < first_id(self.until + CLOCK_SKEW))
        return found

    def _of_time(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.since:
            found.append(Decision.timestamp >= self.since)
        if self.until:
            found.append(Decision.timestamp < self.until)
        return found

    def _of_state(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.state == State.AUTOMATIC:
            others = (WaitingDecision.decision_id, Review.decision_id, Correction.corrects)
            found += [~exists().where(other == Decision.decision_id) for other in others]
        if self.outcome:
            newest = select(Review.outcome).where(Review.decision_id == Decision.decision_id)
            by_person = newest.order_by(Review.id.desc()).limit(1).scalar_subquery()
            found.append(func.coalesce(by_person, Decision.decision) == self.outcome)
        return found

    def _of_amount(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.amount_from is not None:
            found.append(self.amount >= self.amount_from)
        if self.amount_to is not None:
            found.append(self.amount <= self.amount_to)
        if self.order.is_by_amount:
            found.append(self.amount.is_not(None))
        return found
