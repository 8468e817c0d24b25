"""The measures agree with scikit-learn, with SciPy, and with their definitions."""

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import brier_score_loss, roc_auc_score

from creditapp.intervals import Z_95
from creditapp.outcomes.discrimination import Flags, Floats, brier, kolmogorov_smirnov, roc_auc


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


@pytest.mark.parametrize("is_bad", [[], [True], [False, False]])
def test_one_kind_alone_can_be_told_from_nothing(is_bad: list[bool]) -> None:
    """Then nothing is known of the area."""
    flags = np.array(is_bad, dtype=bool)
    found = roc_auc(np.full(flags.size, 0.5), flags)
    assert math.isnan(found.value)
    assert found.interval == (0.0, 1.0)
    assert math.isnan(kolmogorov_smirnov(np.full(flags.size, 0.5), flags))
