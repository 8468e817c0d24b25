"""Folds cut the same rows again and again, and intervals count that they share rows."""

import numpy as np
import pytest

from tests import mixed
from training.estimators.families import FAMILIES
from training.folds import Folds, corrected_interval


@pytest.mark.parametrize("ratio", [0.5, 1 / 9])
def test_an_interval_counts_that_folds_share_rows(ratio: float) -> None:
    """Worked by hand: four folds, t of 3 degrees 3.1824, 1/4 + ratio of the variance."""
    interval = corrected_interval(np.array([0.78, 0.80, 0.82, 0.80]), ratio)
    deviation = np.sqrt((0.02**2 + 0.02**2) / 3)
    assert interval.mean == pytest.approx(0.8)
    assert interval.high - 0.8 == pytest.approx(
        3.182446 * deviation * np.sqrt(0.25 + ratio), rel=1e-5
    )
    assert 0.8 - interval.low == pytest.approx(interval.high - 0.8)


def test_one_value_has_no_interval() -> None:
    """Nothing is known of its spread."""
    interval = corrected_interval(np.array([0.7]), 0.5)
    assert interval.mean == 0.7
    assert np.isnan([interval.low, interval.high]).all()


def test_each_row_is_held_out_once_a_repeat() -> None:
    """And never fitted on in the fold that holds it out."""
    folds = Folds(mixed.dataset(90), 3, 2)
    assert len(folds.places) == 6
    for repeat in (folds.places[:3], folds.places[3:]):
        held_out = np.concatenate([fold.held_out for fold in repeat])
        assert sorted(held_out) == list(range(90))
    assert not any({*fold.held_out} & {*fold.fitted_on} for fold in folds.places)
    assert folds.held_out_ratio == pytest.approx(30 / 60)


def test_equal_folds_give_equal_scores_in_the_order_of_the_rows() -> None:
    """A row's score stands at its own place, whichever fold held it out."""
    first, again = (Folds(mixed.dataset(90), 3, 2) for _ in range(2))
    scores = first.scores(FAMILIES["forest"].fit)
    by_row = first.by_row(scores)
    assert by_row.shape == (2, 90)
    assert by_row[1, first.places[4].held_out].tolist() == scores[4].tolist()
    assert np.array_equal(by_row, again.by_row(again.scores(FAMILIES["forest"].fit)))
