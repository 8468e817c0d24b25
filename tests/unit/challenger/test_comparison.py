"""Two models on the same applications, worked out by hand."""

from uuid import UUID

import pytest

from creditapp.challenger.comparison import MOST_FLIPS, Pair, compare
from creditapp.intervals import Proportion

PAIRS = [
    Pair(UUID(int=5), 0.80, 0.60, "approve", "refer"),
    Pair(UUID(int=4), 0.75, 0.85, "approve", "approve"),
    Pair(UUID(int=3), 0.72, 0.30, "approve", "decline"),
    Pair(UUID(int=2), 0.50, 0.75, "refer", "approve"),
    Pair(UUID(int=1), 0.20, 0.10, "decline", "decline"),
]


def test_a_difference_is_the_challengers_score_less_the_served_one() -> None:
    """Below zero where the challenger gives the lower score."""
    differences = [pair.difference for pair in PAIRS]
    assert differences == pytest.approx([-0.20, 0.10, -0.42, 0.25, -0.10])


def test_scores_are_compared_with_and_without_their_sign() -> None:
    """The differences add to -0.37, the distances to 1.07; 0.386 is four fifths from 0.25 to 0.42."""
    comparison = compare(PAIRS)
    assert comparison is not None
    assert comparison.cases == 5
    assert comparison.mean_difference == pytest.approx(-0.37 / 5)
    assert comparison.mean_distance == pytest.approx(1.07 / 5)
    assert comparison.distances == pytest.approx((0.20, 0.386, 0.42))


def test_agreement_is_of_all_pairs() -> None:
    """Two of five decisions stay, and three of five predictions."""
    comparison = compare(PAIRS)
    assert comparison is not None
    assert comparison.agreement == Proportion(2, 5)
    assert comparison.same_prediction == Proportion(3, 5)


@pytest.mark.parametrize(
    ("served", "challenger", "same"),
    [(0.7, 0.6, 1), (0.7, 0.5, 0), (0.7, 0.3, 0), (0.2, 0.1, 1), (0.5, 0.4, 1), (0.5, 0.6, 0)],
)
def test_a_good_credit_is_predicted_above_one_half(
    served: float, challenger: float, same: int
) -> None:
    """A probability of exactly 0.5 predicts a bad one."""
    comparison = compare([Pair(UUID(int=1), served, challenger, "approve", "approve")])
    assert comparison is not None
    assert comparison.same_prediction == Proportion(same, 1)


def test_each_share_is_of_the_decisions_that_the_served_model_made_so() -> None:
    """Three approvals, one referral, one decline."""
    comparison = compare(PAIRS)
    assert comparison is not None
    assert comparison.table == {
        ("approve", "approve"): Proportion(1, 3),
        ("approve", "refer"): Proportion(1, 3),
        ("approve", "decline"): Proportion(1, 3),
        ("refer", "approve"): Proportion(1, 1),
        ("refer", "refer"): Proportion(0, 1),
        ("refer", "decline"): Proportion(0, 1),
        ("decline", "approve"): Proportion(0, 1),
        ("decline", "refer"): Proportion(0, 1),
        ("decline", "decline"): Proportion(1, 1),
    }


def test_flips_keep_their_order_and_are_cut_at_fifty() -> None:
    """The newest come first; a decision that stays is no flip."""
    comparison = compare(PAIRS)
    assert comparison is not None
    assert [pair.decision_id.int for pair in comparison.flipped] == [5, 3, 2]
    many = compare([PAIRS[0]._replace(decision_id=UUID(int=number)) for number in range(60)])
    assert many is not None
    assert MOST_FLIPS == 50
    assert [pair.decision_id.int for pair in many.flipped] == list(range(50))


def test_without_pairs_there_is_no_comparison() -> None:
    """Rather than one of zeros."""
    assert compare([]) is None
