"""The measures of scores agree with figures worked by hand, and with other implementations."""

import numpy as np
import pytest
from scipy.stats import beta, ks_2samp

from creditapp.policy.definition import DEFAULT_POLICY, Outcome
from training.validation import calibration
from training.validation.decisions import CutOffs
from training.validation.h_measure import h_measure, upper_hull
from training.validation.measures import gini, kolmogorov_smirnov
from training.validation.resampling import bootstrap_interval

RANDOM = np.random.default_rng(7)
TARGET = (RANDOM.random(300) < 0.7).astype(int)
GOOD = np.clip(0.5 + 0.2 * TARGET + RANDOM.normal(0, 0.2, 300), 0.01, 0.99).round(2)
CUT_OFFS = CutOffs.of(DEFAULT_POLICY)


def test_ks_is_the_distance_of_two_distributions() -> None:
    """As scipy computes it from the two samples."""
    expected = ks_2samp(GOOD[TARGET == 1], GOOD[TARGET == 0]).statistic
    assert kolmogorov_smirnov(TARGET, GOOD) == pytest.approx(expected)


def test_gini_counts_pairs_in_the_right_order() -> None:
    """Of two good and two bad, three of four pairs are in order: 3/4 - 1/4."""
    assert gini([1, 0, 1, 0], np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx(0.5)


def test_h_measure_is_an_integral_over_severities() -> None:
    """Integrated here by brute force: each severity, each cut-off, the lowest loss."""
    share = TARGET.mean()
    severities = np.linspace(0, 1, 20_001)
    cut_offs = [*np.unique(GOOD), 2.0]
    approved = np.array([one <= GOOD for one in cut_offs])
    approved_bad = (approved & (TARGET == 0)).mean(axis=1)
    declined_good = (~approved & (TARGET == 1)).mean(axis=1)
    losses = np.outer(severities, approved_bad) + np.outer(1 - severities, declined_good)
    without = np.minimum(severities * (1 - share), (1 - severities) * share)
    weights = beta.pdf(severities, 1 + share, 2 - share)
    expected = 1 - (weights * losses.min(axis=1)).sum() / (weights * without).sum()
    assert h_measure(TARGET, GOOD) == pytest.approx(expected, abs=1e-4)


def test_h_measure_goes_from_0_to_1() -> None:
    """Perfect scores have 1; equal scores, and scores in the wrong order, have 0."""
    assert h_measure(TARGET, TARGET.astype(float)) == pytest.approx(1)
    assert h_measure(TARGET, np.full(300, 0.7)) == pytest.approx(0)
    assert h_measure(TARGET, 1.0 - TARGET) == pytest.approx(0)


def test_a_hull_leaves_out_what_is_below_it() -> None:
    """The point (0.5, 0.6) is below the line from (0.25, 0.75) to (1, 1)."""
    points = np.array([[0, 0], [0.25, 0.75], [0.5, 0.6], [1, 1]])
    assert upper_hull(points).tolist() == [[0, 0], [0.25, 0.75], [1, 1]]


def test_the_slope_says_how_confident_scores_are() -> None:
    """Told 0.4 and 0.6, observed 0.2 and 0.8: logit(0.8) / logit(0.6) = 1.3863 / 0.4055."""
    good = np.repeat([0.4, 0.6], 10)
    target = np.array([1] * 2 + [0] * 8 + [1] * 8 + [0] * 2)
    assert calibration.slope(target, good) == pytest.approx(1.386294 / 0.405465, rel=1e-3)
    assert calibration.intercept(target, good) == pytest.approx(0, abs=1e-9)


def test_the_intercept_says_how_far_the_mean_is_off() -> None:
    """Told 0.5, observed 0.8: logit(0.8)."""
    target = np.array([1, 1, 1, 1, 0])
    assert calibration.intercept(target, np.full(5, 0.5)) == pytest.approx(1.386294, abs=1e-5)


def test_equal_scores_have_no_slope() -> None:
    """There is no line through one point."""
    assert np.isnan(calibration.slope(TARGET, np.full(300, 0.7)))


def test_the_calibration_error_is_a_mean_over_bins() -> None:
    """Ten bins of two: five are told 0.2 and see 0.5, five are told 0.9 and see 1.0."""
    good = np.repeat([0.2, 0.9], 10)
    target = np.array([0, 1] * 5 + [1, 1] * 5)
    curve = calibration.curve(target, good)
    assert [one.count for one in curve] == [2] * 10
    assert (curve[0].predicted, curve[0].observed) == pytest.approx((0.2, 0.5))
    assert calibration.expected_error(target, good) == pytest.approx((0.3 + 0.1) / 2)


def test_cut_offs_decide_as_the_policy_does() -> None:
    """Also exactly on a cut-off."""
    good = np.array([0.0, 0.39, 0.4, 0.69, 0.7, 1.0])
    expected = [DEFAULT_POLICY.outcomes[DEFAULT_POLICY.risk_level(one)] for one in good]
    assert [[*Outcome][place] for place in CUT_OFFS.outcomes(good)] == expected


def test_cost_and_table_count_decisions() -> None:
    """One bad approved, one good declined, one bad referred, of four."""
    target, good = np.array([0, 1, 1, 0]), np.array([0.8, 0.2, 0.9, 0.5])
    # one bad credit is approved, one good declined, one bad reviewed and approved once in four times
    assert CUT_OFFS.cost(target, good) == pytest.approx((5 + 1 + 0 + 0.1 + 0.25 * 5) / 4)
    assert CUT_OFFS.table(target, good) == {
        "approve": {"good": 1, "bad": 1},
        "refer": {"good": 0, "bad": 1},
        "decline": {"good": 1, "bad": 0},
    }
    assert CUT_OFFS.crossing(good, np.array([0.8, 0.2, 0.9, 0.3])) == pytest.approx(0.25)


def test_a_bootstrap_interval_is_that_of_a_proportion() -> None:
    """The mean outcome of 300 applicants: about 1.96 standard errors on both sides."""
    interval = bootstrap_interval(TARGET, GOOD, lambda target, _good: float(np.mean(target)))
    share = TARGET.mean()
    reach = 1.96 * np.sqrt(share * (1 - share) / 300)
    assert interval.mean == pytest.approx(share)
    assert (interval.low, interval.high) == pytest.approx((share - reach, share + reach), abs=0.015)
