"""Wilson's interval of a proportion."""

import math

import pytest

from creditapp.intervals import Proportion


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (70, 300, 0.1890, 0.2844),
    ],
)
def test_intervals_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    """Against known values; they never leave 0 to 1."""
    assert Proportion(count, of).interval == pytest.approx((low, high), abs=5e-5)


def test_no_cases_have_no_share_and_any_share_is_possible() -> None:
    """Rather than a zero that looks like a finding."""
    assert math.isnan(Proportion(0, 0).value)
    assert Proportion(0, 0).interval == (0.0, 1.0)
