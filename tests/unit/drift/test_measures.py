"""The two measures of a difference, by values worked out by hand."""

import numpy as np
import pytest

from creditapp.drift.measures import Measure, measure


def test_index_is_zero_for_equal_shares_and_matches_the_formula() -> None:
    """With enough cases to make the added half case negligible."""
    many = np.array([1.0e9, 1.0e9])
    assert measure(Measure.PSI, many, many) == 0
    other = np.array([0.6e9, 0.4e9])
    by_hand = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert measure(Measure.PSI, other, many) == pytest.approx(by_hand, rel=1e-6)


def test_the_largest_difference_is_that_of_the_shares_below() -> None:
    """Below the second limit are 2 of 10 and 5 of 10."""
    assert measure(Measure.KS, [1, 1, 8], [2, 3, 5]) == pytest.approx(0.3)
    assert measure(Measure.KS, [4, 6], [4, 6]) == 0


def test_no_case_is_no_failure() -> None:
    """A model that was just promoted has scored nobody."""
    assert measure(Measure.KS, [0, 0], [4, 6]) == pytest.approx(1.0)
    assert np.isfinite(measure(Measure.PSI, [0, 0], [4, 6]))


@pytest.mark.parametrize("which", list(Measure))
def test_many_pairs_are_measured_at_once(which: Measure) -> None:
    """Each as if it were alone."""
    live = np.array([[1, 2, 3], [3, 2, 1]])
    reference = np.array([[2, 2, 2], [5, 1, 1]])
    alone = [float(measure(which, *pair)) for pair in zip(live, reference, strict=True)]
    assert measure(which, live, reference).tolist() == pytest.approx(alone)
