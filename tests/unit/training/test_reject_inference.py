"""What is assumed of the declined enters a fit as it is said, and moves figures towards a known truth."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from creditapp.applications.performance import USUAL
from creditapp.exceptions import BadTable
from creditapp.outcomes.book import Book, Extract, Part, PastDecision
from tests.lent import LOANS
from training import dataset
from training.accepted_rows import AcceptedRows
from training.estimators.families import FAMILIES
from training.estimators.family import Family
from training.folds import scores_of
from training.own_book import OwnBook
from training.reject_inference import Inference, Method, bands_of, parcel, weights_of

EXTRACT = Extract("loans", USUAL, None, datetime(2026, 11, 27, tzinfo=UTC))


def test_bands_are_tenths_of_accepted_and_declined_together() -> None:
    """Equal probabilities are in one band."""
    probabilities = np.arange(100) / 100
    accepted, declined, edges = bands_of(probabilities[40:], probabilities[:40])
    assert np.bincount(accepted, minlength=10).tolist() == [0] * 4 + [10] * 6
    assert np.bincount(declined, minlength=10).tolist() == [10] * 4 + [0] * 6
    assert len(edges) == 11
    same, others, edges = bands_of(np.full(30, 0.5), np.full(10, 0.2))
    assert (set(same.tolist()), set(others.tolist())) == ({1}, {0})
    assert edges.tolist() == [0.2, 0.2, 0.5]


def test_an_accepted_credit_counts_for_the_declined_of_its_band() -> None:
    """By hand: 20 accepted and 30 declined make 2.5; 10 and 0 make 1; the 9 of a last band count once."""
    accepted = np.repeat([0, 1, 2], [20, 10, 9])
    declined = np.repeat([0, 2, 3], [30, 91, 5])
    weights = weights_of(accepted, declined)
    by_hand = np.repeat([2.5, 1.0, 1.0], [20, 10, 9])
    assert weights == pytest.approx(by_hand * 39 / (20 * 2.5 + 19))
    assert weights.mean() == pytest.approx(1.0)


@pytest.mark.parametrize(("factor", "bad"), [(1.0, 4), (2.0, 8), (7.5, 20)])
def test_the_declined_are_labelled_in_proportion(factor: float, bad: int) -> None:
    """A fifth of the accepted is bad: of 20 declined, 4 times the factor; never more than all of them."""
    accepted = np.repeat([0, 1], [50, 9])
    target = np.repeat([0, 1, 0], [10, 40, 9])
    declined = np.repeat([1, 0, 2], [3, 20, 4])
    places, labels = parcel(accepted, target, declined, factor, seed=1)
    assert places.tolist() == list(range(3, 23))
    assert (labels == 0).sum() == bad
    again = parcel(accepted, target, declined, factor, seed=1)[1]
    other = parcel(accepted, target, declined, factor, seed=2)[1]
    assert (labels == again).all()
    assert factor > 5 or (labels != other).any()


def past(number: int, part: Part, *, probability: float, owner: bool, days: int) -> PastDecision:
    """A decision so many days into 2024."""
    day = date(2024, 1, 1) + timedelta(days)
    answers = {"use": "Auto", "owner": owner}
    return PastDecision(UUID(int=number), day.isoformat(), probability, part, answers)


def made_book(worse: float, rows: int = 12_000) -> tuple[Book, float]:
    """A book of made applicants, and the share of all of them that is or would be bad.

    Repayment follows a number that the old score knew and the new model does not. The higher the score, the
    more are accepted. Declined ones turn bad so many times as often as accepted ones with the same score.
    """
    random = np.random.default_rng(11)
    owner = random.random(rows) < 0.5
    good = 1 / (1 + np.exp(-(0.9 + 0.5 * owner + 1.3 * random.normal(size=rows))))
    accepted = random.random(rows) < np.clip(1.6 * good - 0.5, 0.05, 1)
    bad = random.random(rows) < np.where(accepted, 1 - good, np.minimum(1, worse * (1 - good)))
    parts = np.where(accepted, np.where(bad, Part.BAD, Part.GOOD), Part.DECLINED)
    decisions = [
        past(
            number,
            Part(parts[number]),
            probability=float(good[number]),
            owner=bool(owner[number]),
            days=number * 300 // rows,
        )
        for number in range(rows)
    ]
    return Book(EXTRACT, LOANS, {}, decisions, ()), float(bad.mean())


def expected_bad(book: Book, inference: Inference, family: Family) -> float:
    """The share of bad that a model expects of everybody who applied, accepted or declined."""
    rows = OwnBook(book, inference).load()
    fitted = family.fit(dataset.split(rows).training)
    everybody = [scores_of(fitted, rows), scores_of(fitted, rows.declined.rows)]
    return float(1 - np.concatenate(everybody).mean())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_inference_reaches_those_who_were_declined(family: Family) -> None:
    """Where its assumption holds: without it, the model expects far too few bad ones among all."""
    book, truth = made_book(worse=1.0)
    plain = expected_bad(book, Inference(), family)
    reweighted = expected_bad(book, Inference(Method.REWEIGHTING), family)
    parcelled = expected_bad(book, Inference(Method.PARCELLING), family)
    assert truth - plain > 0.08
    assert reweighted == pytest.approx(truth, abs=0.02)
    assert parcelled == pytest.approx(truth, abs=0.02)


def test_a_factor_stands_for_what_the_score_does_not_know() -> None:
    """Declined ones who are half as bad again are reached by that factor, and by no weights."""
    book, truth = made_book(worse=1.5)
    scorecard = FAMILIES["scorecard"]
    reweighted = expected_bad(book, Inference(Method.REWEIGHTING), scorecard)
    parcelled = expected_bad(book, Inference(Method.PARCELLING, 1.5), scorecard)
    assert truth - reweighted > 0.05
    assert parcelled == pytest.approx(truth, abs=0.02)


def rows_of(book: Book, method: Method) -> AcceptedRows:
    """The rows of a book."""
    return OwnBook(book, Inference(method)).load()


def test_the_hold_out_holds_accepted_credits_newer_than_all_that_is_fitted_on() -> None:
    """No declined one is measured, and none is fitted on that was decided in the time of the hold-out."""
    book, _ = made_book(worse=1.0, rows=3000)
    rows = rows_of(book, Method.PARCELLING)
    split = dataset.split(rows)
    assert max(split.training.days or ()) < split.from_day <= min(split.held_out.days or ())
    assert len(split.held_out) == pytest.approx(0.3 * len(rows), rel=0.05)
    fitted = split.training.to_fit(42)
    declined = rows.declined
    accepted = np.bincount(split.training.bands, minlength=10)
    reached = (declined.days < split.from_day) & (accepted[declined.bands] >= 10)
    assert 0 < reached.sum() < len(declined.days)
    assert len(fitted) == len(split.training) + reached.sum()
    assert fitted.weights is not None
    assert set(fitted.weights.tolist()) == {1.0}
    assert len(rows_of(book, Method.NONE).to_fit(42)) == len(rows)


def test_the_population_is_that_of_all_applicants() -> None:
    """Drift compares all applicants, so the declined of the same days are in the reference."""
    book, _ = made_book(1.0)
    parts = dataset.split(rows_of(book, Method.NONE))
    part_of = Counter(one.part is Part.DECLINED for one in book.decisions)
    numbers = [len(part.applicants) for part in (parts.training, parts.held_out)]
    assert sum(numbers) == pytest.approx(sum(part_of.values()), rel=0.01)
    assert len(parts.training) + len(parts.held_out) == part_of[False]


def test_a_part_of_the_accepted_is_fitted_with_as_large_a_part_of_the_declined() -> None:
    """Half of the rows: each declined one counts half."""
    book, _ = made_book(worse=1.0, rows=3000)
    rows = rows_of(book, Method.PARCELLING)
    half = rows.take(np.arange(len(rows) - 1, 0, -2))
    fitted = half.to_fit(42)
    assert fitted.weights is not None
    assert fitted.weights[-1] == pytest.approx(0.5, abs=0.001)
    reweighted = rows_of(book, Method.REWEIGHTING)
    taken = reweighted.take([5, 3]).weights
    assert taken is not None
    assert reweighted.weights is not None
    assert taken.tolist() == reweighted.weights[[5, 3]].tolist()


def test_too_few_outcomes_are_refused() -> None:
    """The message counts them, and says what is needed."""
    book, _ = made_book(worse=1.0, rows=150)
    with pytest.raises(BadTable, match=r"good and .* bad; a training needs 50 of each there"):
        rows_of(book, Method.NONE)
    one_day = [one._replace(day="2024-01-01") for one in book.decisions]
    with pytest.raises(BadTable, match="of fewer than two days"):
        rows_of(replace(book, decisions=one_day), Method.NONE)


def test_a_digest_changes_with_what_became_of_a_decision() -> None:
    """And not with the order of reading, or the method."""
    book, _ = made_book(worse=1.0, rows=300)
    first, *rest = book.decisions
    other = Part.GOOD if first.part is not Part.GOOD else Part.BAD
    changed = replace(book, decisions=[first._replace(part=other), *rest])
    assert replace(book).digest == book.digest != changed.digest
    assert OwnBook(book, Inference(Method.PARCELLING, 2.0)).digest == book.digest
