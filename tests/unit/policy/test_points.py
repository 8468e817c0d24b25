"""The points of a probability: a base score for base odds, and points that double the odds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.exceptions import BadPolicy
from creditapp.policy.definition import DEFAULT_POLICY, Policy, from_document
from creditapp.policy.points import PointsScale, check_scale


@pytest.mark.parametrize(
    ("probability", "points"),
    [
        (50 / 51, 600),  # odds of 50 to 1
        (100 / 101, 620),  # twice these
        (25 / 26, 580),  # half of these
        (1 / 2, 487),  # even odds: 600 - 20 * log2(50) = 487.12
        (1.0, 886),  # counts as 0.999999: 600 + 20 * log2(999999 / 50) = 885.76
        (0.0, 88),  # counts as 0.000001: 600 - 20 * log2(999999 * 50) = 88.48
    ],
)
def test_points_to_double_stand_for_twice_the_odds(probability: float, points: int) -> None:
    """The default scale: 600 points for odds of 50 to 1, and 20 points double them."""
    assert DEFAULT_POLICY.score(probability) == points


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_probability_never_has_fewer_points(one: float, other: float) -> None:
    """Points order applicants as the probability does."""
    scale = PointsScale(500, 20, 50)
    low, high = sorted([one, other])
    assert scale.score(low) <= scale.score(high)


def test_a_policy_without_a_scale_has_no_score() -> None:
    """A policy from before there were points; its document has no such key."""
    document = {"version": "3", "low_risk_from": 0.7, "medium_risk_from": 0.4, "rules": []}
    assert from_document(document).score(0.5) is None
    assert Policy("4", points=PointsScale()).as_document()["points"] == {
        "base_score": 600,
        "base_odds": 50,
        "points_to_double": 20,
    }


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (PointsScale(-1), "base-score must be a number from 0 to 100,000, not -1"),
        (
            PointsScale(base_odds=0),
            "base-odds must be a number above 0 and at most 1,000,000, not 0",
        ),
        (
            PointsScale(points_to_double=float("nan")),
            "points-to-double must be a number above 0 and at most 10,000, not nan",
        ),
    ],
)
def test_a_scale_without_finite_points_is_refused(scale: PointsScale, message: str) -> None:
    """The message names the number and what is accepted."""
    with pytest.raises(BadPolicy) as refused:
        check_scale(scale)
    assert str(refused.value) == message


def test_a_base_score_of_zero_is_accepted() -> None:
    """Then the base odds are 0 points."""
    check_scale(PointsScale(0))
    assert PointsScale(0).score(50 / 51) == 0
