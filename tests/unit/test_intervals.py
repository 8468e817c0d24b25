"""Confidence intervals, against published or hand-made values."""

import math

import pytest

from creditapp.intervals import Proportion, mean_interval


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (70, 300, 0.1890, 0.2844),
    ],
)
def test_the_interval_of_a_proportion_is_wilsons(
    count: int, total: int, low: float, high: float
) -> None:
    """It never leaves 0 to 1."""
    assert Proportion(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_proportion_of_nothing_is_nan() -> None:
    """Its interval is everything."""
    assert math.isnan(Proportion(0, 0).value)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert Proportion(3, 4).value == 0.75


def test_the_interval_of_a_mean_is_cut_at_its_limits() -> None:
    """0, 1, 2 have mean 1 and deviation 1: 1 ± 1.95996 / √3 = -0.1316 to 2.1316."""
    assert mean_interval([0, 1, 2], -9, 9) == pytest.approx((-0.13158, 2.13158), abs=1e-5)
    assert mean_interval([0, 1, 2], 0, 2) == (0, 2)
    assert mean_interval([1.0], 0, 2) == (0, 2)
    assert mean_interval([], 0, 2) == (0, 2)
