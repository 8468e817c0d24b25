"""What reviewers did: the share of referrals that they approved, the overrides, and the time in the queue."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from creditapp.intervals import Proportion
from creditapp.outcomes.review_log import GivenReview
from creditapp.policy.definition import Outcome

APPROVE, REFER, DECLINE = Outcome.APPROVE.value, Outcome.REFER.value, Outcome.DECLINE.value


@dataclass(frozen=True)
class Overrides:
    """Reviews, counted by the automatic decision and by what the review said.

    A referral has no automatic verdict, so a review of it is no override.
    """

    counts: Counter[tuple[str, str]]

    @property
    def total(self) -> int:
        """The number of reviews."""
        return self.counts.total()

    @property
    def referrals_approved(self) -> Proportion:
        """Of the reviews of referrals, those that approved; the others declined."""
        return self._share(REFER, APPROVE)

    @property
    def declines_approved(self) -> Proportion:
        """Overrides up: of the reviews of automatic declines, those that approved."""
        return self._share(DECLINE, APPROVE)

    @property
    def approvals_declined(self) -> Proportion:
        """Overrides down: of the reviews of automatic approvals, those that declined."""
        return self._share(APPROVE, DECLINE)

    def _share(self, automatic: str, outcome: str) -> Proportion:
        of_these = sum(self.counts[automatic, one] for one in (APPROVE, DECLINE))
        return Proportion(self.counts[automatic, outcome], of_these)


class Queue(NamedTuple):
    """How long referrals waited for their first review: the median, and what 90 % did not exceed."""

    reviewed: int
    median: timedelta
    ninetieth: timedelta


def count(reviews: Iterable[GivenReview]) -> Overrides:
    """Count reviews."""
    return Overrides(Counter((one.automatic, one.outcome) for one in reviews))


def time_in_queue(reviews: Sequence[GivenReview]) -> Queue | None:
    """The time from the decision to its first review, of referrals; none if there is no such review."""
    first = [one for one in reviews if one.is_first and one.automatic == REFER]
    if not first:
        return None
    seconds = [(one.reviewed_at - one.decided_at).total_seconds() for one in first]
    median, ninetieth = np.quantile(seconds, [0.5, 0.9])
    return Queue(len(first), timedelta(seconds=float(median)), timedelta(seconds=float(ninetieth)))
