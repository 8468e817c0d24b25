"""What reviewers did, beside the automatic decision, and how long they took to look at a referral."""

from datetime import UTC, datetime, timedelta

import pytest

from creditapp.intervals import Proportion
from creditapp.outcomes.overrides import count, time_in_queue
from creditapp.outcomes.review_log import GivenReview

DECIDED = datetime(2026, 3, 1, 9, tzinfo=UTC)


def review(automatic: str, outcome: str, hours: float = 1.0, *, first: bool = True) -> GivenReview:
    """A review so many hours after the decision."""
    at = DECIDED + timedelta(hours=hours)
    return GivenReview("person:one", "documents", outcome, automatic, at, DECIDED, first)


def test_referrals_and_overrides_are_counted_apart() -> None:
    """A review that agrees with an automatic decision is no override, and a referral has none."""
    found = count(
        [
            *[review("refer", "approve")] * 3,
            review("refer", "decline"),
            review("decline", "approve"),
            review("decline", "decline"),
            review("approve", "decline"),
            review("approve", "approve"),
            review("approve", "approve"),
        ]
    )
    assert found.total == 9
    assert found.referrals_approved == Proportion(3, 4)
    assert found.declines_approved == Proportion(1, 2)
    assert found.approvals_declined == Proportion(1, 3)
    assert count([]).referrals_approved.total == 0


def test_the_time_in_the_queue_is_that_of_referrals_until_their_first_review() -> None:
    """Later reviews and those of other decisions are left out; percentiles are interpolated."""
    waited = [review("refer", "approve", hours) for hours in (1, 2, 3, 4)]
    others = [review("refer", "decline", 99, first=False), review("decline", "approve", 99)]
    queue = time_in_queue([*waited, *others])
    assert queue
    assert queue.reviewed == 4
    assert queue.median == timedelta(hours=2.5)
    assert queue.ninetieth / timedelta(hours=1) == pytest.approx(3.7)
    assert time_in_queue(others) is None
