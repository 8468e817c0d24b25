"""A scorecard: monotone bins, their weights of evidence, and a logistic regression over these.

N. Siddiqi, Credit Risk Scorecards (Wiley, 2006), describes the method. The weight of evidence of a bin is
the logarithm of its share of the good divided by its share of the bad.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optbinning import OptimalBinning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Answer, Choice, Direction, Nominal, Question
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


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:  # noqa: ARG001 - nothing is random
    """Bin each feature, regress on the weights of evidence, and keep the features that agree with them."""
    target = rows.target.to_numpy()
    terms = [
        _evidence(question, rows.columns[question.name], target)
        for question in rows.catalogue.used_features(protected=protected)
    ]
    evidence = np.array(
        [[term.number_of(answer) for answer in rows.columns[term.question.name]] for term in terms]
    ).T
    weights, intercept = _regress(evidence, target)
    weighted = [term.scaled(weight) for term, weight in zip(terms, weights, strict=True)]
    return additive.pipeline_of(weighted, intercept, rows.features)


def _evidence(question: Question, answers: Sequence[Answer], target: Any) -> Term:
    """A term whose numbers are the weights of evidence."""
    missing = set(question.missing_answers)
    present = np.array([one not in missing for one in answers])
    values = [one for one in answers if one not in missing]
    good = target[present]
    if isinstance(question, Nominal):
        return Term(question, (), (), _groups(question, answers, target))
    evidence_of_gaps = {
        answer: _woe(target[[one is answer or one == answer for one in answers]], target)
        for answer in question.missing_answers
    }
    if isinstance(question, Choice):
        values = [question.values.index(one) for one in values]
    numbers = np.array(values, dtype=float)
    splits = _splits(question, numbers, good)
    bins = _bins(question, splits, numbers, target=target, good=good)
    return term_of_bins(question, splits, bins, evidence_of_gaps)


def _splits(question: Question, numbers: Numbers, good: Any) -> list[float]:
    """Where the bins begin, but the first; along them the share of good credits rises or falls only."""
    if len(np.unique(numbers)) < 2 or len(np.unique(good)) < 2:
        return []
    binning = OptimalBinning(
        dtype="numerical",
        monotonic_trend=TRENDS[question.direction],
        max_n_bins=SCORECARD["max_n_bins"],
        min_bin_size=SCORECARD["min_bin_size"],
    )
    return [float(split) for split in binning.fit(numbers, good).splits]


def _bins(
    question: Question, splits: Sequence[float], numbers: Numbers, *, target: Any, good: Any
) -> list[float]:
    """The evidence of each bin; it follows the expected direction of the question."""
    places = np.searchsorted(np.array(splits), numbers, side="right")
    bins = np.array([_woe(good[places == place], target) for place in range(len(splits) + 1)])
    # why: what is added to small bins can turn two that are nearly equal.
    if question.direction is Direction.BETTER:
        bins = np.maximum.accumulate(bins)
    if question.direction is Direction.WORSE:
        bins = np.minimum.accumulate(bins)
    return [float(number) for number in bins]


def _groups(question: Nominal, answers: Sequence[Answer], target: Any) -> dict[Answer, float]:
    """The evidence of each code, or of the group of codes that are alike."""
    codes = question.all_answers
    places = np.array([codes.index(answer) for answer in answers])
    binning = OptimalBinning(
        dtype="categorical",
        max_n_bins=SCORECARD["max_n_bins"],
        min_bin_size=SCORECARD["min_bin_size"],
    ).fit(places.astype(str), target)
    evidence = dict.fromkeys(codes, 0.0)
    for group in binning.splits:
        members = [int(place) for place in group]
        number = _woe(target[np.isin(places, members)], target)
        evidence.update({codes[place]: number for place in members})
    return evidence


def _woe(members: Any, everyone: Any) -> float:
    """The weight of evidence of some rows; 0 for none."""
    if not len(members):
        return 0.0
    good, bad = members.sum(), len(members) - members.sum()
    all_good, all_bad = everyone.sum(), len(everyone) - everyone.sum()
    return float(np.log((good + PRIOR) / (bad + PRIOR)) - np.log(all_good / all_bad))


def _regress(evidence: Numbers, target: Any) -> tuple[Numbers, float]:
    """The weight of each feature's evidence, never below 0, and the intercept."""
    weights = np.zeros(evidence.shape[1])
    used = np.flatnonzero(evidence.std(axis=0) > 0)
    while len(used):
        model = LogisticRegression(C=SCORECARD["C"], max_iter=1000)
        model.fit(evidence[:, used], target)
        if (model.coef_[0] >= 0).all():
            weights[used] = model.coef_[0]
            return weights, float(model.intercept_[0])
        # why: with a negative weight the scorecard would take points for an answer that the data call good.
        used = np.delete(used, int(np.argmin(model.coef_[0])))
    return weights, float(np.log(target.mean() / (1 - target.mean())))


FAMILY = additive_family("scorecard", "Scorecard", SCORECARD, fit)
