"""The measures agree with scikit-learn, with SciPy, and with their definitions."""

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import brier_score_loss, roc_auc_score

from creditapp.intervals import Z_95
from creditapp.outcomes.discrimination import (
    Flags,
    Floats,
    auc_difference,
    brier,
    kolmogorov_smirnov,
    roc_auc,
)


def drawn(seed: int, number: int = 400) -> tuple[Floats, Flags]:
    """Scores with ties, and outcomes that follow them to a degree."""
    numbers = np.random.default_rng(seed)
    good = numbers.beta(5, 2, number).round(2)
    return good, numbers.random(number) > good


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_are_those_of_other_libraries(seed: int) -> None:
    """Ties included."""
    good, is_bad = drawn(seed)
    assert roc_auc(good, is_bad).value == pytest.approx(roc_auc_score(~is_bad, good))
    assert kolmogorov_smirnov(good, is_bad) == pytest.approx(
        ks_2samp(good[is_bad], good[~is_bad], alternative="greater").statistic
    )
    assert brier(good, is_bad) == pytest.approx(brier_score_loss(~is_bad, good))


def test_the_interval_is_delongs_by_its_definition() -> None:
    """From all pairs of a good and a bad one."""
    good, is_bad = drawn(7, 120)
    above, below = good[~is_bad][:, None], good[is_bad][None, :]
    wins = (above > below) + 0.5 * (above == below)
    variance = wins.mean(1).var(ddof=1) / len(above) + wins.mean(0).var(ddof=1) / below.size
    found = roc_auc(good, is_bad)
    assert found.interval[1] - found.value == pytest.approx(Z_95 * math.sqrt(variance))


def drawn_twice(seed: int, number: int) -> tuple[Floats, Floats, Flags]:
    """The same with the scores of a second model, which are like those of the first."""
    good, is_bad = drawn(seed, number)
    noise = np.random.default_rng(seed + 1).normal(0, 0.1, number)
    return good, (good + noise).clip(0, 1).round(2), is_bad


def test_the_error_of_a_paired_difference_is_delongs_by_its_definition() -> None:
    """From all pairs of a good and a bad one: the variances of both areas less twice their covariance."""
    one, other, is_bad = drawn_twice(7, 120)
    by_good, by_bad = [], []
    for good in (one, other):
        above, below = good[~is_bad][:, None], good[is_bad][None, :]
        wins = (above > below) + 0.5 * (above == below)
        by_good.append(wins.mean(1))
        by_bad.append(wins.mean(0))
    covariance = np.cov(by_good) / len(by_good[0]) + np.cov(by_bad) / len(by_bad[0])
    contrast = np.array([1, -1])
    difference, error = auc_difference(one, other, is_bad)
    assert difference == pytest.approx(roc_auc_score(~is_bad, one) - roc_auc_score(~is_bad, other))
    assert error == pytest.approx(math.sqrt(contrast @ covariance @ contrast))


def test_the_error_of_a_paired_difference_is_that_of_resampled_cases() -> None:
    """Within a tenth, in 1,000 samples; unpaired it would be far larger."""
    one, other, is_bad = drawn_twice(3, 600)
    numbers = np.random.default_rng(11)
    found = []
    for _ in range(1000):
        some = numbers.integers(0, is_bad.size, is_bad.size)
        found.append(auc_difference(one[some], other[some], is_bad[some])[0])
    error = auc_difference(one, other, is_bad)[1]
    assert error == pytest.approx(np.std(found), rel=0.1)
    unpaired = math.hypot(
        *(roc_auc(good, is_bad).interval[1] - roc_auc(good, is_bad).value for good in (one, other))
    )
    assert error < 0.8 * unpaired / Z_95


def test_of_one_bad_one_the_interval_is_not_known() -> None:
    """One value has no spread that could be seen."""
    found = roc_auc(np.array([0.9, 0.8, 0.1]), np.array([False, False, True]))
    assert (found.value, found.interval) == (1.0, (0.0, 1.0))


@pytest.mark.parametrize("is_bad", [[], [True], [False, False]])
def test_one_kind_alone_can_be_told_from_nothing(is_bad: list[bool]) -> None:
    """Then nothing is known of the area."""
    flags = np.array(is_bad, dtype=bool)
    found = roc_auc(np.full(flags.size, 0.5), flags)
    assert math.isnan(found.value)
    assert found.interval == (0.0, 1.0)
    assert math.isnan(kolmogorov_smirnov(np.full(flags.size, 0.5), flags))
    assert all(map(math.isnan, auc_difference(*[np.full(flags.size, 0.5)] * 2, flags)))
