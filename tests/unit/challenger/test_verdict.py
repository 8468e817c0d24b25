"""What a difference with its error says of the challenger, and how many cases it takes."""

import math

import pytest

from creditapp.challenger.verdict import FEWEST, NARROWEST_AT, Difference, Verdict

MORE, LESS = 0.01, -0.001
"""The smallest differences worth having of a measure where more is better, and of one where less is."""


def difference(
    value: float, error: float, cases: int = 1000, fewest: int = 100, worth: float = MORE
) -> Difference:
    """A difference of many cases."""
    return Difference(value, error, cases, fewest, worth)


@pytest.mark.parametrize(
    ("value", "worth", "verdict"),
    [
        (0.020, MORE, Verdict.BETTER),
        (-0.020, MORE, Verdict.WORSE),
        (0.020, LESS, Verdict.WORSE),
        (-0.020, LESS, Verdict.BETTER),
        (0.019, MORE, Verdict.NOT_SEEN),
        (-0.019, LESS, Verdict.NOT_SEEN),
    ],
)
def test_a_verdict_takes_a_difference_of_two_errors(
    value: float, worth: float, verdict: Verdict
) -> None:
    """With an error of 0.01, 0.0196 at 95 %; which way is better depends on the measure."""
    assert difference(value, 0.01, worth=worth).verdict is verdict


def test_there_is_no_verdict_on_few_cases() -> None:
    """It takes thirty good and thirty bad ones, however clear the difference is."""
    assert difference(0.5, 0.01, fewest=FEWEST - 1).verdict is Verdict.TOO_FEW
    assert difference(0.5, 0.01, fewest=FEWEST).verdict is Verdict.BETTER
    assert difference(math.nan, math.nan, fewest=0).verdict_at_any_time is Verdict.TOO_FEW


@pytest.mark.parametrize("cases", [100, 1000, 2000, 10_000])
def test_the_interval_at_any_time_is_the_published_one(cases: int) -> None:
    """Of a mean with a standard deviation of 1, as its authors write it, with alpha = 0.05."""
    rho2 = (-math.log(0.05**2) + math.log(-math.log(0.05**2) + 1)) / NARROWEST_AT
    reach = math.sqrt(
        2 * (cases * rho2 + 1) * math.log(math.sqrt(cases * rho2 + 1) / 0.05) / (cases**2 * rho2)
    )
    found = difference(0.3, 1 / math.sqrt(cases), cases)
    assert found.interval_at_any_time == pytest.approx((0.3 - reach, 0.3 + reach))
    assert found.interval_at_any_time[0] < found.interval[0]


def test_the_verdict_at_any_time_takes_a_larger_difference() -> None:
    """What is seen by one look may not be by many."""
    assert difference(0.025, 0.01).verdict is Verdict.BETTER
    assert difference(0.025, 0.01).verdict_at_any_time is Verdict.NOT_SEEN
    assert difference(0.040, 0.01).verdict_at_any_time is Verdict.BETTER


def test_the_cases_still_needed_are_those_beyond_what_there_are() -> None:
    """2.8016 errors are needed: with one error, 7.849 times the cases; with a quarter, 125.6 times."""
    assert difference(0.01, 0.01).still_needed == pytest.approx(6849, abs=1)
    assert difference(0.0025, 0.01).still_needed == pytest.approx(124_582, abs=2)
    assert difference(0.0025, 0.01).still_needed_for_worth == pytest.approx(6849, abs=1)
    assert difference(0.001, 0.001).still_needed_for_worth == 0
    assert difference(0.03, 0.01).still_needed == 0


@pytest.mark.parametrize(("value", "error"), [(0.0, 0.0), (0.0, 0.01), (math.nan, math.nan)])
def test_a_difference_that_is_none_takes_no_number_of_cases(value: float, error: float) -> None:
    """Of equal models, or where nothing can be told."""
    assert difference(value, error).still_needed is None
