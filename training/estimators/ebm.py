"""An explainable boosting machine without interactions: one curve per feature.

Y. Lou, R. Caruana, J. Gehrke, Intelligible models for classification and regression (KDD 2012).
"""

import warnings
from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import Any

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Answer, Choice, Nominal, Question
from creditapp.phrases import marked
from training.dataset import Dataset
from training.estimators import additive
from training.estimators.additive import Term, term_of_bins
from training.estimators.family import SIGNS
from training.estimators.points_table import additive_family
from training.frame import has_gaps

EBM: dict[str, Any] = {
    "interactions": 0,
    "max_bins": 16,
    "outer_bags": 8,
    "learning_rate": 0.02,
    "min_samples_leaf": 10,
}


def fit(rows: Dataset, *, protected: bool, seed: int) -> Pipeline:
    """Fit the curves, which follow the catalogue's directions, and keep them as terms."""
    questions = rows.catalogue.used_features(protected=protected)
    columns, types, signs = _inputs(questions, rows)
    table = np.array(columns, dtype=object).T
    machine = ExplainableBoostingClassifier(
        **EBM, feature_types=types, monotone_constraints=signs, n_jobs=1, random_state=seed
    )
    with warnings.catch_warnings():
        # why: it warns that its own pictures leave out missing values; our tables show them.
        warnings.filterwarnings("ignore", message="Missing values detected")
        machine.fit(table, rows.target.to_numpy(), sample_weight=rows.weights)
    terms = _terms(machine, questions)
    return additive.pipeline_of(terms, float(machine.intercept_[0]), rows.features)


def _inputs(
    questions: Sequence[Question], rows: Dataset
) -> tuple[list[list[Any]], list[str], list[int]]:
    """The columns of the machine, their kinds and signs; missing answers are columns of their own."""
    columns: list[list[Any]] = []
    types: list[str] = []
    signs: list[int] = []
    for question in questions:
        answers = rows.columns[question.name]
        if isinstance(question, Nominal):
            columns.append([str(place) for place in _places(question, answers)])
            types.append("nominal")
            signs.append(0)
            continue
        columns.append(_numbers(question, answers))
        types.append("continuous")
        signs.append(SIGNS[question.direction])
        if has_gaps(question):
            columns.append([str(place) for place in _places_of_gaps(question, answers)])
            types.append("nominal")
            signs.append(0)
    return columns, types, signs


def _places(question: Nominal, answers: Sequence[Answer]) -> list[int]:
    return [question.all_answers.index(answer) for answer in answers]


def _places_of_gaps(question: Question, answers: Sequence[Answer]) -> list[int]:
    """The place of each missing answer, -1 for a value."""
    missing = list(question.missing_answers)
    return [missing.index(one) if one in missing else -1 for one in answers]


def _numbers(question: Question, answers: Sequence[Answer]) -> list[float]:
    missing = set(question.missing_answers)
    numbers: Mapping[Any, Any] = {}
    if isinstance(question, Choice):
        numbers = {code: rank for rank, code in enumerate(question.values)}
    ranks = [nan if one in missing else float(numbers.get(one, one)) for one in answers]
    # why: the machine cannot bin a column without a single number.
    return [0.0] * len(ranks) if all(map(isnan, ranks)) else ranks


def _terms(machine: Any, questions: Sequence[Question]) -> list[Term]:
    curves = iter(zip(machine.bins_, machine.term_scores_, strict=True))
    terms = []
    for question in questions:
        [bins], scores = next(curves)
        if isinstance(question, Nominal):
            numbers = {
                code: _of_code(bins, scores, place)
                for place, code in enumerate(question.all_answers)
            }
            terms.append(Term(question, (), (), numbers))
            continue
        gaps = next(curves) if has_gaps(question) else None
        terms.append(_ordered_term(question, bins, scores, gaps))
    return terms


def _ordered_term(question: Question, bins: Any, scores: Any, gaps: Any) -> Term:
    """The term of a quantity or an ordered code; the column of its gaps adds to both values and gaps."""
    of_value, of_gap = 0.0, {}
    if gaps is not None:
        [places], gap_scores = gaps
        of_value = _of_code(places, gap_scores, -1)
        of_gap = {
            answer: float(scores[0]) + _of_code(places, gap_scores, place)
            for place, answer in enumerate(question.missing_answers)
        }
    numbers = [float(number) + of_value for number in scores[1:-1]]
    splits = [float(cut) for cut in bins]
    return term_of_bins(question, splits, numbers, of_gap)


def _of_code(places: Any, scores: Any, place: int) -> float:
    """The number of a code; that of unknown codes, the last one, if the training rows did not hold it."""
    return float(scores[places.get(str(place), len(scores) - 1)])


FAMILY = additive_family("ebm", marked("Explainable boosting machine"), EBM, fit)
