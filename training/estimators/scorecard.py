"""A scorecard: monotone bins, their weights of evidence, and a logistic regression over these.

N. Siddiqi, Credit Risk Scorecards (Wiley, 2006), describes the method. The weight of evidence of a bin is
the logarithm of its share of the good divided by its share of the bad.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from optbinning import OptimalBinning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Answer, Choice, Direction, Nominal, Question
from creditapp.phrases import marked
from training.dataset import Dataset
from training.estimators import additive
from training.estimators.additive import Term, term_of_bins
from training.estimators.points_table import additive_family

SCORECARD: dict[str, Any] = {"max_n_bins": 6, "min_bin_size": 0.05, "C": 1.0}
TRENDS = {
    Direction.BETTER: "ascending",
    Direction.WORSE: "descending",
    None: "auto_asc_desc",
}
PRIOR = 0.5
"""Added to the good and the bad of each bin, so that a bin with one outcome only has finite evidence."""

Numbers = npt.NDArray[np.float64]


class Outcomes(NamedTuple):
    """Which rows are good (1) or bad (0), and their weights; both of the shape (rows,)."""

    target: Any
    weights: Numbers

    def at(self, places: Any) -> "Outcomes":
        """Those of some rows."""
        return Outcomes(self.target[places], self.weights[places])

    @property
    def good(self) -> float:
        """How many are good, by weight."""
        return float(self.weights[self.target == 1].sum())

    @property
    def bad(self) -> float:
        """How many are bad, by weight."""
        return float(self.weights[self.target == 0].sum())


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:  # noqa: ARG001 - nothing is random
    """Bin each feature, regress on the weights of evidence, and keep the features that agree with them."""
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    outcomes = Outcomes(rows.target.to_numpy(), weights)
    terms = [
        _evidence(question, rows.columns[question.name], outcomes)
        for question in rows.catalogue.used_features(protected=protected)
    ]
    evidence = np.array(
        [[term.number_of(answer) for answer in rows.columns[term.question.name]] for term in terms]
    ).T
    coefficients, intercept = _regress(evidence, outcomes)
    weighted = [term.scaled(factor) for term, factor in zip(terms, coefficients, strict=True)]
    return additive.pipeline_of(weighted, intercept, rows.features)


def _evidence(question: Question, answers: Sequence[Answer], outcomes: Outcomes) -> Term:
    """A term whose numbers are the weights of evidence."""
    missing = set(question.missing_answers)
    present = np.array([one not in missing for one in answers])
    values = [one for one in answers if one not in missing]
    if isinstance(question, Nominal):
        return Term(question, (), (), _groups(question, answers, outcomes))
    evidence_of_gaps = {
        answer: _woe(outcomes.at([one is answer or one == answer for one in answers]), outcomes)
        for answer in question.missing_answers
    }
    if isinstance(question, Choice):
        values = [question.values.index(one) for one in values]
    numbers = np.array(values, dtype=float)
    of_values = outcomes.at(present)
    splits = _splits(question, numbers, of_values)
    bins = _bins(question, splits, numbers, of_values=of_values, outcomes=outcomes)
    return term_of_bins(question, splits, bins, evidence_of_gaps)


def _splits(question: Question, numbers: Numbers, outcomes: Outcomes) -> list[float]:
    """Where the bins begin, but the first; along them the share of good credits rises or falls only."""
    if len(np.unique(numbers)) < 2 or len(np.unique(outcomes.target)) < 2:
        return []
    binning = OptimalBinning(
        dtype="numerical",
        monotonic_trend=TRENDS[question.direction],
        max_n_bins=SCORECARD["max_n_bins"],
        min_bin_size=SCORECARD["min_bin_size"],
    )
    binning.fit(numbers, outcomes.target, sample_weight=outcomes.weights)
    return [float(split) for split in binning.splits]


def _bins(
    question: Question,
    splits: Sequence[float],
    numbers: Numbers,
    *,
    of_values: Outcomes,
    outcomes: Outcomes,
) -> list[float]:
    """The evidence of each bin; it follows the expected direction of the question."""
    places = np.searchsorted(np.array(splits), numbers, side="right")
    bins = np.array(
        [_woe(of_values.at(places == place), outcomes) for place in range(len(splits) + 1)]
    )
    # why: what is added to small bins can turn two that are nearly equal.
    if question.direction is Direction.BETTER:
        bins = np.maximum.accumulate(bins)
    if question.direction is Direction.WORSE:
        bins = np.minimum.accumulate(bins)
    return [float(number) for number in bins]


def _groups(
    question: Nominal, answers: Sequence[Answer], outcomes: Outcomes
) -> dict[Answer, float]:
    """The evidence of each code, or of the group of codes that are alike."""
    codes = question.all_answers
    places = np.array([codes.index(answer) for answer in answers])
    binning = OptimalBinning(
        dtype="categorical",
        max_n_bins=SCORECARD["max_n_bins"],
        min_bin_size=SCORECARD["min_bin_size"],
    ).fit(places.astype(str), outcomes.target, sample_weight=outcomes.weights)
    evidence = dict.fromkeys(codes, 0.0)
    for group in binning.splits:
        members = [int(place) for place in group]
        number = _woe(outcomes.at(np.isin(places, members)), outcomes)
        evidence.update({codes[place]: number for place in members})
    return evidence


def _woe(members: Outcomes, everyone: Outcomes) -> float:
    """The weight of evidence of some rows; 0 for none."""
    if not len(members.target):
        return 0.0
    odds = (members.good + PRIOR) / (members.bad + PRIOR)
    return float(np.log(odds) - np.log(everyone.good / everyone.bad))


def _regress(evidence: Numbers, outcomes: Outcomes) -> tuple[Numbers, float]:
    """The coefficient of each feature's evidence, never below 0, and the intercept."""
    coefficients = np.zeros(evidence.shape[1])
    used = np.flatnonzero(evidence.std(axis=0) > 0)
    while len(used):
        model = LogisticRegression(C=SCORECARD["C"], max_iter=1000)
        model.fit(evidence[:, used], outcomes.target, sample_weight=outcomes.weights)
        if (model.coef_[0] >= 0).all():
            coefficients[used] = model.coef_[0]
            return coefficients, float(model.intercept_[0])
        # why: a negative one would make the scorecard take points for an answer that the data call good.
        used = np.delete(used, int(np.argmin(model.coef_[0])))
    return coefficients, float(np.log(outcomes.good / outcomes.bad))


FAMILY = additive_family("scorecard", marked("Scorecard"), SCORECARD, fit)
