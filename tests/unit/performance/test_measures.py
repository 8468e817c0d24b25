"""Figures, bands and limits of cases whose truth is known."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from creditapp.intervals import Mean
from creditapp.performance import documents, estimates, measures, recent
from creditapp.performance.estimates import Check
from creditapp.performance.recent import FEWEST, Limited
from creditapp.performance.report import Report, Row
from creditapp.phrases import LocalText, Phrase
from creditapp.simulation.costs import Costs
from tests.unit.performance.made_cases import drawn, made_cases, with_odds

GOOD = drawn(20_000)


def test_a_band_is_off_where_the_prediction_is_outside_of_what_was_realised() -> None:
    """A model that is right is rarely off, and one that halves the odds nearly everywhere."""
    right = list(measures.bands(made_cases(GOOD, GOOD)))
    wrong = list(measures.bands(made_cases(GOOD, with_odds(GOOD, 2.0))))
    assert [band.cases for band in right] == [2000] * 10
    assert sum(band.is_off for band in right) <= 2
    assert sum(band.is_off for band in wrong) >= 9
    assert [band.predicted for band in right] == sorted(band.predicted for band in right)


def test_the_profit_follows_from_margin_and_loss() -> None:
    """Two good credits of 1,000 and 2,000 earn a tenth; a bad one loses half of its amount."""
    cases = made_cases(np.array([0.9, 0.8, 0.7]), np.array([1.0, 1.0, 0.0]))
    cases.amount[:] = [1000, 2000, 4000]
    found = measures.measure(cases, cases.good, Costs(margin=0.1, loss=0.5))
    assert found.realised_profit == pytest.approx(100 + 200 - 2000)
    expected = 0.9 * 100 - 0.1 * 500 + 0.8 * 200 - 0.2 * 1000 + 0.7 * 400 - 0.3 * 2000
    assert found.expected_profit == pytest.approx(expected)
    assert found.valued == 3


def test_what_is_not_mature_is_estimated_and_not_measured() -> None:
    """And by how much the estimate missed is told once all are mature."""
    young = measures.measure(made_cases(GOOD, GOOD, waiting=20_000), GOOD, Costs())
    assert (young.mature, young.not_mature) == (0, 20_000)
    assert math.isnan(young.auc)
    assert math.isnan(young.missed_by)
    assert young.estimated_auc == pytest.approx(estimates.expected_auc(GOOD, GOOD).value)
    old = measures.measure(made_cases(GOOD, GOOD), GOOD, Costs())
    assert abs(old.missed_by) < 0.02
    assert not old.is_off


def looks(truth: float, population: int, trials: int = 100) -> list[recent.Recent]:
    """Looks at samples of 2,000 whose odds of bad are `truth` times as high as predicted."""
    numbers = np.random.default_rng(8)
    hold_out = drawn(10_000, population)
    reference = estimates.reference(hold_out, numbers.random(hold_out.size) < hold_out)
    found = []
    for seed in range(trials):
        good = numbers.choice(hold_out, 2000)
        cases = made_cases(good, with_odds(good, truth), seed)
        assert reference is not None
        found.append(recent.look(cases, reference.recalibration.correct(good), reference))
    return found


def test_a_right_model_is_within_its_limits() -> None:
    """In at least 97 of 100 looks each; the stated rate is less than one of 300."""
    found = looks(1.0, 11)
    for name in recent.Recent._fields:
        assert sum(getattr(one, name).is_outside for one in found) <= 3, name


def test_a_wrong_bad_rate_is_outside_and_a_wrong_order_too() -> None:
    """The estimate sees neither, as the applicants are the same."""
    found = looks(2.0, 11, trials=20)
    assert all(one.bad_rate.is_outside for one in found)
    assert sum(one.estimated_auc.is_outside for one in found) <= 1
    numbers = np.random.default_rng(9)
    good = drawn(3000)
    reference = estimates.reference(good, numbers.random(good.size) < good)
    assert reference is not None
    shuffled = recent.look(made_cases(good, numbers.permutation(good)), good, reference)
    assert shuffled.auc.is_outside


def test_the_estimate_sees_that_applicants_have_become_harder_to_tell_apart() -> None:
    """Their probabilities lie closer together."""
    numbers = np.random.default_rng(9)
    good = drawn(3000)
    reference = estimates.reference(good, numbers.random(good.size) < good)
    closer = 0.6 + 0.2 * good
    assert recent.look(made_cases(closer, closer), closer, reference).estimated_auc.is_outside


def test_expected_and_realised_profit_agree_where_the_model_is_right() -> None:
    """Both are worked out from the same amounts."""
    cases = made_cases(GOOD, GOOD)
    cases.amount[:] = np.random.default_rng(6).integers(500, 5000, GOOD.size)
    found = measures.measure(cases, GOOD, Costs())
    assert found.realised_profit == pytest.approx(found.expected_profit, rel=0.1)


@pytest.mark.parametrize("share_of_bad", [0.01, 0.02, 0.03])
def test_few_bad_cases_have_no_limits(share_of_bad: float) -> None:
    """With a handful of bad ones the errors are too rough to promise anything."""
    numbers = np.random.default_rng(7)
    outside = 0
    for seed in range(200):
        good = 1 - numbers.beta(1, 1 / share_of_bad - 1, 400)
        hold_out = 1 - numbers.beta(1, 1 / share_of_bad - 1, 5000)
        reference = estimates.reference(hold_out, numbers.random(hold_out.size) < hold_out)
        cases = made_cases(good, good, seed)
        seen = recent.look(cases, good, reference)
        outside += seen.auc.is_outside + seen.bad_rate.is_outside
    assert outside <= 1


def test_few_cases_have_no_limits() -> None:
    """Nothing is outside then."""
    good = drawn(FEWEST - 1)
    found = recent.look(made_cases(good, with_odds(good, 9.0)), good, None)
    assert [one.cases for one in found] == [FEWEST - 1] * 3
    assert not any(one.is_outside for one in found)


def test_a_report_is_read_as_it_was_written() -> None:
    """With its numbers that are not known, and its labels in all languages."""
    figures = measures.measure(made_cases(GOOD, GOOD), GOOD, Costs())
    labels = ["2026-01", LocalText("a", {"fr": "un"}), Phrase("%(low)s or more", {"low": "7"})]
    written = Report(
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        generation=1,
        overall=figures,
        bands=list(measures.bands(made_cases(GOOD, GOOD))),
        months=[Row(label, figures) for label in labels],
        by_record={"model": []},
        by_answer={},
        check=Check(0.7, Mean(0.71, (0.6, 0.8)), 0.3, 0.31, 300),
        recent=recent.Recent(bad_rate=Limited(0.2, 0.1, 0.3, 500)),
    )
    found = documents.read(documents.write(written))
    assert repr(found) == repr(written)
    assert isinstance(found.months[1].label, LocalText)
    assert found.months[1].label.translations == {"fr": "un"}
