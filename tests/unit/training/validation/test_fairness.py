"""Groups are compared with intervals that agree with published examples, and with nothing where few."""

import numpy as np
import pytest

from creditapp.intervals import Proportion
from creditapp.policy.definition import DEFAULT_POLICY
from tests import mixed
from training.validation.decisions import CutOffs
from training.validation.fairness import FEWEST, difference, fairness, ratio

CUT_OFFS = CutOffs.of(DEFAULT_POLICY)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)],
)
def test_a_difference_has_newcombes_interval(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """The examples (a) and (d) of his method 10 (Statistics in Medicine 17, 1998, table II)."""
    estimate = difference(Proportion(*first), Proportion(*second))
    assert estimate.value == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_a_ratio_has_an_interval_around_it() -> None:
    """In large groups it is that of the logarithm: 0.75 exp(± 1.96 √(0.4/600 + 0.2/800))."""
    estimate = ratio(Proportion(600, 1000), Proportion(800, 1000))
    reach = 1.96 * np.sqrt(0.4 / 600 + 0.2 / 800)
    assert estimate.value == pytest.approx(0.75)
    assert estimate.low == pytest.approx(0.75 * np.exp(-reach), abs=0.002)
    assert estimate.high == pytest.approx(0.75 * np.exp(reach), abs=0.002)


def test_a_ratio_of_nobody_begins_at_0() -> None:
    """None of 30 against 20 of 30: no more than a third as often."""
    estimate = ratio(Proportion(0, 30), Proportion(20, 30))
    assert (estimate.value, estimate.low) == (0, 0)
    assert estimate.high == pytest.approx(0.18, abs=0.03)


def test_groups_are_compared_with_the_one_approved_most_often() -> None:
    """Each approval here is that of the applicant's age band; the rates are counted by hand."""
    whole = mixed.dataset()
    ages = np.array(whole.answers["age"])
    good = np.where(ages < 30, 0.5, np.where(ages < 50, 0.9, 0.95))
    good[np.flatnonzero(ages >= 50)[::2]] = 0.1
    table = next(iter(fairness(whole, good, CUT_OFFS, protected_used=True)))
    young, middle, old = table.groups
    assert table.feature == "age"
    assert [one.count for one in table.groups] == [
        ((ages >= low) & (ages < high)).sum() for low, high in ((18, 30), (30, 50), (50, 100))
    ]
    assert (young.approval_rate, middle.approval_rate) == (0, 1)
    assert (young.reference, middle.reference) == (False, True)
    assert old.approval_ratio
    assert old.approval_ratio.value == pytest.approx(0.5, abs=0.01)
    assert old.approval_ratio.low < 0.5 < (old.approval_ratio.high or 0)
    assert middle.tpr_difference
    assert (middle.tpr_difference.value, middle.tpr_difference.low) == (0, 0)
    assert young.calibration
    assert young.calibration["predicted"] == pytest.approx(0.5)


def test_few_applicants_say_nothing() -> None:
    """Below 20 in a group there is its size and its rate, and no comparison."""
    whole = mixed.dataset(40)
    tables = [*fairness(whole, np.full(40, 0.9), CUT_OFFS, protected_used=False)]
    small = [one for table in tables for one in table.groups if one.count < FEWEST]
    assert small
    assert all(
        one.approval_ratio is one.tpr_difference is one.fpr_difference is one.calibration is None
        for one in small
    )
