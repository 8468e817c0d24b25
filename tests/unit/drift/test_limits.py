"""A limit is what chance exceeds as rarely as promised, and no less than the usual limit."""

import numpy as np
import pytest

from creditapp.drift.limits import SHIFTED, WATCH, limit, rounded
from creditapp.drift.measures import Measure, stability_index

TENTHS = (70,) * 10


def test_few_cases_have_a_high_limit_and_many_the_usual_one() -> None:
    """The limit by chance falls with the number of cases."""
    limits = [limit(Measure.PSI, WATCH, cases, TENTHS, 21) for cases in (60, 200, 10_000)]
    assert limits[0] > limits[1] > limits[2] == 0.1
    assert limit(Measure.PSI, SHIFTED, 10_000, TENTHS, 21) == 0.25


def test_a_limit_is_near_the_one_of_the_chi_square_distribution() -> None:
    """With full bins the index times 1 / (1/n + 1/m) is about chi-square with 9 degrees of freedom.

    Its quantile at 1 - 0.005 / 21 is 31.76 (R: qchisq(1 - 0.005 / 21, 9)).
    """
    many = (100_000,) * 10
    scaled = limit(Measure.PSI, WATCH, 200, many, 21) / (1 / 200 + 1 / 1_000_000)
    assert scaled == pytest.approx(31.76, rel=0.1)


def test_a_limit_is_exceeded_as_rarely_as_promised() -> None:
    """By draws that the limit was not made of, also where most bins hold less than one case."""
    generator = np.random.default_rng(99)
    rare = (680, 5, 5, 5, 5)
    allowed = limit(Measure.PSI, WATCH, 60, rare, indices=1)
    shares = np.array(rare) / 700
    live = generator.multinomial(60, shares, size=20_000)
    known = generator.multinomial(700, shares, size=20_000)
    over = stability_index(live.astype(float), known.astype(float)) > allowed
    assert over.mean() <= 0.005 + 3.1 * np.sqrt(0.005 * 0.995 / 20_000)


def test_more_indices_have_a_higher_limit() -> None:
    """All of them share what is allowed; the score's KS does not share."""
    few, many = (limit(Measure.PSI, WATCH, 60, TENTHS, indices) for indices in (2, 200))
    assert many > few
    assert limit(Measure.KS, WATCH, 60, TENTHS, 2) == limit(Measure.KS, WATCH, 60, TENTHS, 200)


@pytest.mark.parametrize(
    ("cases", "with_two_digits"), [(0, 1), (7, 7), (60, 60), (199, 190), (9_999, 9_900)]
)
def test_cases_are_rounded_down(cases: int, with_two_digits: int) -> None:
    """So that few limits are worked out, and none is too low."""
    assert rounded(cases) == with_two_digits
