"""What reviewers did, what became of it, how long it took, and what it is worth."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from creditapp.applications.performance import Performance
from creditapp.decisions.log import moment_of
from creditapp.outcomes import review_log
from creditapp.outcomes.overrides import APPROVE, Overrides, Queue, count, time_in_queue
from creditapp.outcomes.review_log import GivenReview, MatureCredit
from creditapp.outcomes.review_results import Result, result_of
from creditapp.simulation.costs import Costs
from creditapp.simulation.review_worth import ReviewWorth, weigh

One = TypeVar("One")
Key = TypeVar("Key", str, tuple[str, str])


class Limits(NamedTuple):
    """How many reviews, and how many mature decisions, are read at most; the newest, or all."""

    reviews: int | None = None
    mature: int | None = None


class Part(NamedTuple):
    """The reviews of a reviewer, or with a reason; and what became of what they approved."""

    name: str
    overrides: Overrides
    result: Result


class Month(NamedTuple):
    """The reviews of a month in UTC, as 2026-11."""

    name: str
    overrides: Overrides
    queue: Queue | None


@dataclass(frozen=True)
class ReviewReport:
    """Reviews, and mature decisions: those that were reviewed, and approvals that nobody reviewed."""

    reviews: Sequence[GivenReview]
    reviewed: Sequence[MatureCredit]
    not_reviewed: Sequence[MatureCredit]
    waiting_since: datetime | None

    def only(self, reviewer: str) -> "ReviewReport":
        """The same with the reviews of one reviewer alone."""
        return replace(
            self,
            reviews=[one for one in self.reviews if one.reviewed_by == reviewer],
            reviewed=[one for one in self.reviewed if one.reviewed_by == reviewer],
        )

    @property
    def whole(self) -> Part:
        """All reviews."""
        return Part("", count(self.reviews), result_of(self._approved))

    @property
    def queue(self) -> Queue | None:
        """How long referrals waited."""
        return time_in_queue(self.reviews)

    @property
    def reviewers(self) -> list[Part]:
        """The reviews of each reviewer."""
        return list(self._parts(lambda one: one.reviewed_by))

    @property
    def reasons(self) -> list[Part]:
        """The reviews with each reason; those without one have an empty name, and come first."""
        return list(self._parts(lambda one: one.reason or ""))

    @property
    def months(self) -> list[Month]:
        """The reviews of each month, oldest first; months without any are left out."""
        groups = _grouped(self.reviews, lambda one: one.reviewed_at.isoformat()[:7])
        return [Month(name, count(some), time_in_queue(some)) for name, some in groups.items()]

    @property
    def results(self) -> dict[tuple[str, str], Result]:
        """What became of reviewed decisions, by the automatic decision and what the review said."""
        groups = _grouped(self.reviewed, lambda one: (one.automatic, one.outcome))
        return {pair: result_of(some) for pair, some in groups.items()}

    @property
    def automatic(self) -> Result:
        """What became of approvals that nobody reviewed."""
        return result_of(self.not_reviewed)

    def worth(self, costs: Costs) -> ReviewWorth | None:
        """What the reviews of referrals are worth; none while no outcome is known."""
        return weigh(self.reviewed, costs)

    @property
    def _approved(self) -> list[MatureCredit]:
        return [one for one in self.reviewed if one.outcome == APPROVE]

    def _parts(self, key: Callable[[GivenReview | MatureCredit], str]) -> Iterator[Part]:
        reviews, approved = _grouped(self.reviews, key), _grouped(self._approved, key)
        for name in sorted({*reviews, *approved}):
            yield Part(name, count(reviews.get(name, ())), result_of(approved.get(name, [])))


def look(
    portfolio: str,
    performance: Performance,
    now: datetime,
    limits: Limits,
    since: datetime | None = None,
) -> ReviewReport:
    """Read the newest reviews of a portfolio's decisions since a time, and its newest mature decisions.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    oldest = review_log.oldest_waiting()
    return ReviewReport(
        review_log.find_given(portfolio, limits.reviews, since),
        review_log.find_reviewed(portfolio, performance, now, limits.mature),
        review_log.find_not_reviewed(portfolio, performance, now, limits.mature),
        moment_of(oldest) if oldest else None,
    )


def _grouped(items: Iterable[One], key: Callable[[One], Key]) -> dict[Key, list[One]]:
    groups: dict[Key, list[One]] = {}
    for one in items:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items()))
