"""What is estimated without outcomes agrees with what outcomes show, if the probabilities are right."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from creditapp.performance import estimates, recalibration
from tests.unit.performance.made_cases import drawn


def test_the_expected_area_is_the_share_of_won_pairs_by_its_definition() -> None:
    """All pairs of cases, each weighted with the probability that the first is good and the second bad."""
    score = np.array([0.2, 0.5, 0.5, 0.9])
    good = np.array([0.3, 0.6, 0.4, 0.8])
    weights = good[:, None] * (1 - good)[None, :]
    wins = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
    expected = (weights * wins).sum() / weights.sum()
    assert estimates.expected_auc(score, good).value == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_right_where_the_probabilities_are(seed: int) -> None:
    """Within three standard errors of what is realised; another order of the scores is seen."""
    good = drawn(20_000, seed)
    numbers = np.random.default_rng(seed)
    is_good = numbers.random(good.size) < good
    for score in (good, good + numbers.normal(0, 0.1, good.size)):
        found = estimates.expected_auc(score, good)
        assert found.value == pytest.approx(roc_auc_score(is_good, score), abs=0.015)
    assert estimates.expected_bad(good).value == pytest.approx(1 - is_good.mean(), abs=0.01)


def test_the_standard_error_is_that_of_samples() -> None:
    """Five hundred samples of the same population spread as the error says."""
    population = drawn(100_000)
    numbers = np.random.default_rng(1)
    found = [
        estimates.expected_auc(sample, sample)
        for sample in (numbers.choice(population, 400) for _ in range(500))
    ]
    spread = float(np.std([one.value for one in found]))
    assert spread == pytest.approx(float(np.mean([one.error for one in found])), rel=0.1)


def test_the_correction_is_the_maximum_likelihood_of_a_logistic_regression() -> None:
    """On many rows Platt's targets make no difference."""
    good = drawn(5000)
    truth = 1 / (1 + np.exp(-(0.4 + 0.6 * np.log(good / (1 - good)))))
    is_good = np.random.default_rng(2).random(good.size) < truth
    fitted = recalibration.fit(good, is_good)
    log_odds = np.log(good / (1 - good)).reshape(-1, 1)
    other = LogisticRegression(C=np.inf).fit(log_odds, is_good)
    assert fitted.slope == pytest.approx(other.coef_[0, 0], abs=0.01)
    assert fitted.intercept == pytest.approx(other.intercept_[0], abs=0.01)
    assert fitted.correct(good) == pytest.approx(truth, abs=0.05)


def test_a_hold_out_that_a_score_separates_has_a_finite_correction() -> None:
    """No number overflows."""
    good = np.array([0.1, 0.2, 0.8, 0.9])
    fitted = recalibration.fit(good, np.array([False, False, True, True]))
    assert np.isfinite(fitted.correct(good)).all()


def test_the_check_holds_for_a_right_model_and_fails_where_the_score_says_nothing_of_the_truth() -> (
    None
):
    """What was fitted to one half is tried on the other."""
    good = drawn(4000)
    numbers = np.random.default_rng(4)
    right = estimates.check(good, numbers.random(good.size) < good)
    assert right is not None
    assert right.holds
    assert right.estimated_bad == pytest.approx(right.bad, abs=0.03)
    one_kind = estimates.check(good, np.ones(good.size, bool))
    assert one_kind is None
    assert estimates.reference(good, np.ones(good.size, bool)) is None


def test_of_nothing_nothing_is_estimated() -> None:
    """Neither an area nor a share."""
    empty = np.array([])
    assert math.isnan(estimates.expected_auc(empty, empty).value)
    assert math.isnan(estimates.expected_bad(empty).value)
    assert math.isnan(estimates.expected_auc(np.ones(3), np.ones(3)).value)
