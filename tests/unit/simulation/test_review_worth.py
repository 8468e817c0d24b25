"""What a review of a referral is worth, against figures that were worked out by hand and a drawn truth."""

import numpy as np
import pytest

from creditapp.outcomes.review_log import MatureCredit
from creditapp.outcomes.standing import Standing
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.simulation.costs import Costs
from creditapp.simulation.review_worth import weigh
from creditapp.web.pages.policy_forms import defaults

GOOD, BAD, UNKNOWN = Standing.GOOD, Standing.BAD, Standing.NOT_TAKEN_UP
WILSON_1_OF_6 = (0.030053, 0.563503)
"""By `binom.confint(1, 6, methods = "wilson")` of R's package binom."""


def credit(outcome: str, risk: float, standing: Standing, automatic: str = "refer") -> MatureCredit:
    """A reviewed decision with a predicted probability of bad."""
    return MatureCredit(automatic, outcome, 1 - risk, "person:one", "documents", standing)


TEN = [
    credit("approve", 0.2, BAD),
    *[credit("approve", 0.2, GOOD)] * 5,
    *[credit("decline", 0.45, UNKNOWN)] * 4,
]


def test_a_review_is_weighed_against_the_score_alone() -> None:
    """3 of 10 are expected to be bad and 1 was approved, so 2 of the 4 declined were good.

    Alone, 0.2 is approved at 5 times 0.2 or declined at 0.8, and 0.45 is declined at 0.55: 7.0 for all.
    With reviews 1 bad and 2 declined good ones cost 7.0 too, and ten reviews 1.0.
    """
    worth = weigh(TEN, Costs())
    assert worth
    low, high = WILSON_1_OF_6
    assert (worth.reviewed, worth.approved.count, worth.approved.total) == (10, 1, 6)
    assert worth.predicted == pytest.approx(0.3)
    assert worth.predicted_approved == pytest.approx(0.2)
    assert worth.drop.value == pytest.approx(0.2 - 1 / 6)
    assert worth.drop.interval == pytest.approx((0.2 - high, 0.2 - low), abs=1e-6)
    assert worth.bad_approved.value == pytest.approx(1 / 3)
    assert worth.bad_approved.interval == pytest.approx((6 * low / 3, 1.0), abs=1e-5)
    assert worth.saving.value == pytest.approx(-0.1)
    # At most 3 are bad in all: at the upper end all declined ones were good.
    assert worth.saving.interval[0] == pytest.approx(0.7 - (5 * 6 * high + 4) / 10 - 0.1, abs=1e-5)
    assert worth.saving.interval[1] == pytest.approx(0.7 - (36 * low + 1) / 10 - 0.1, abs=1e-5)


def test_only_reviewed_referrals_with_a_known_end_are_weighed() -> None:
    """Not those that were approved and not taken up, and no overrides."""
    others = [
        credit("approve", 0.9, UNKNOWN),
        credit("approve", 0.9, BAD, "decline"),
        credit("decline", 0.9, UNKNOWN, "approve"),
    ]
    assert weigh([*TEN, *others], Costs()) == weigh(TEN, Costs())
    assert weigh([*TEN[6:], *others], Costs()) is None


def test_measured_errors_replace_the_assumption_once_they_rest_on_a_hundred_outcomes() -> None:
    """With fewer, and without any, the default is what is assumed."""
    few, many = weigh(TEN * 16, Costs()), weigh(TEN * 17, Costs())
    assert few
    assert many
    assert (few.approved.total, many.approved.total) == (96, 102)
    assert defaults(DEFAULT_POLICY, None)["bad_approved"] == 0.25
    assert defaults(DEFAULT_POLICY, few)["bad_approved"] == 0.25
    assert defaults(DEFAULT_POLICY, many)["bad_approved"] == 0.333


def test_drawn_reviewers_are_measured_as_they_are() -> None:
    """Reviewers who approve a quarter of the bad credits, and decline a tenth of the good ones.

    What they save is what the same cases cost less than by the score alone, when the truth is known.
    """
    numbers = np.random.default_rng(7)
    risk = numbers.beta(3, 5, 20_000)
    bad = numbers.random(risk.size) < risk
    approved = numbers.random(risk.size) < np.where(bad, 0.25, 0.9)
    cases = [
        credit("approve", one, BAD if is_bad else GOOD) if yes else credit("decline", one, UNKNOWN)
        for one, yes, is_bad in zip(risk.tolist(), approved, bad, strict=True)
    ]
    worth = weigh(cases, Costs())
    assert worth
    assert worth.bad_approved.interval[0] < 0.25 < worth.bad_approved.interval[1]
    assert worth.drop.interval[0] > 0.1
    alone = np.where(risk < 1 / 6, 5.0 * bad, ~bad).mean()
    reviewed = np.where(approved, 5.0 * bad, ~bad).mean() + 0.1
    assert worth.saving.value == pytest.approx(alone - reviewed, abs=0.02)
