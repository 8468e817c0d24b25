"""What reviews are worth: what they made of referrals, beside what the score alone would have made of them.

Only outcomes of approved credits are known. How many of all reviewed referrals would have turned out bad is
taken from their predicted probabilities, so the result is as right as these are on average.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from creditapp.intervals import Interval, Mean, Proportion
from creditapp.outcomes import review_log
from creditapp.outcomes.overrides import APPROVE, DECLINE, REFER
from creditapp.outcomes.review_log import MatureCredit
from creditapp.outcomes.standing import MATURE, Standing
from creditapp.serving.served_model import ServedModel
from creditapp.simulation.costs import Costs

FEWEST = 100
"""So many outcomes of credits that a review approved are needed to replace an assumption."""


@dataclass(frozen=True)
class ReviewWorth:
    """What reviews made of referrals whose window has ended; rates are of bad credit, from 0 to 1.

    Attributes:
        reviewed: How many there are, without those that were approved and not taken up.
        approved: The bad ones among those that a review approved.
        predicted: The mean predicted probability of bad of all.
        predicted_approved: The same of those that a review approved.
        drop: How much lower the realised rate is than the predicted one of the same credits.
        bad_approved: The share of the bad credits that a review approves; at most 1.
        saving: What a review saves, less its cost, where a declined good credit costs 1. Without it, each
            credit would be approved or declined by its score, whichever is expected to cost less.
    """

    reviewed: int
    approved: Proportion
    predicted: float
    predicted_approved: float
    drop: Mean
    bad_approved: Mean
    saving: Mean

    @property
    def is_enough(self) -> bool:
        """Whether `bad_approved` rests on enough outcomes to replace the assumption."""
        return self.approved.total >= FEWEST


def measure(served: ServedModel, most: int) -> ReviewWorth | None:
    """What reviews were worth, by the newest mature referrals of the served portfolio; usual costs.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    performance, now = served.catalogue.performance, datetime.now(UTC)
    portfolio = served.deployment.portfolio
    return weigh(review_log.find_reviewed(portfolio, performance, now, most), Costs())


def weigh(cases: Sequence[MatureCredit], costs: Costs) -> ReviewWorth | None:
    """What reviews of referrals were worth; none without an outcome of a credit that a review approved."""
    approved = [one for one in cases if _is_referral(one, APPROVE) and one.standing in MATURE]
    declined = [one for one in cases if _is_referral(one, DECLINE)]
    if not approved:
        return None
    risks = [1 - one.probability for one in (*approved, *declined)]
    bad = Proportion(sum(one.standing is Standing.BAD for one in approved), len(approved))
    expected, total = sum(risks), len(risks)
    predicted = sum(risks[: len(approved)]) / len(approved)
    alone = sum(min(costs.cost_ratio * risk, 1 - risk) for risk in risks) / total

    def share_of(rate: float) -> float:
        return min(1.0, rate * len(approved) / expected) if expected else 1.0

    def saved(rate: float) -> float:
        wrong = rate * len(approved)
        declined_bad = min(max(expected - wrong, 0.0), len(declined))
        with_reviews = (costs.cost_ratio * wrong + len(declined) - declined_bad) / total
        return alone - with_reviews - costs.referral_cost

    low, high = bad.interval
    return ReviewWorth(
        total,
        bad,
        expected / total,
        predicted,
        Mean(predicted - bad.value, (predicted - high, predicted - low)),
        Mean(share_of(bad.value), (share_of(low), share_of(high))),
        Mean(saved(bad.value), _ordered(saved(low), saved(high))),
    )


def _is_referral(credit: MatureCredit, outcome: str) -> bool:
    return (credit.automatic, credit.outcome) == (REFER, outcome)


def _ordered(one: float, other: float) -> Interval:
    return min(one, other), max(one, other)
