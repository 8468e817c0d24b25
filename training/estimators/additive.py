"""Models that add up one number per answer: a scorecard and its like.

Each feature has a term: a number for each bin of its quantities, or for each of its codes. The sum of all
terms and the intercept is the log-odds of good credit. As a pipeline, the preprocessor makes one column per
bin and code, and the coefficients of a logistic regression are the numbers of the terms.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Question
from creditapp.scoring.encoder import Encoder
from training.estimators.family import Export
from training.estimators.trees import Tree, chain, graph_of, leaves_of
from training.frame import code_text, gap_text, has_gaps, missing_name

FILL = 0.0
"""The number that stands for a missing one until its own column corrects it."""


@dataclass(frozen=True)
class Term:
    """What one feature adds to the log-odds of good credit.

    Attributes:
        splits: where the bins of a quantity begin, but the first; empty for a choice.
        bins: the number of each bin, one more than splits; empty for a choice.
        answers: the number of each code, and of each missing answer.
    """

    question: Question
    splits: Sequence[float]
    bins: Sequence[float]
    answers: Mapping[Answer, float]

    def number_of(self, answer: Any) -> float:
        """The number of an answer: a code, a quantity, or an answer that stands for a missing one."""
        if answer in self.answers:
            return self.answers[answer]
        return self.bins[bisect_right(self.splits, answer)]

    def scaled(self, weight: float) -> "Term":
        """The term with all its numbers multiplied by a weight."""
        bins = [weight * number for number in self.bins]
        answers = {answer: weight * number for answer, number in self.answers.items()}
        return replace(self, bins=bins, answers=answers)


def term_of_bins(
    question: Question,
    splits: Sequence[float],
    bins: Sequence[float],
    missing: Mapping[Answer, float],
) -> Term:
    """The term of a quantity, or of ordered codes that were binned by their rank.

    `missing` has the numbers of the answers that stand for a missing one.
    """
    if isinstance(question, Choice):
        codes = {
            code: bins[bisect_right(splits, rank)] for rank, code in enumerate(question.values)
        }
        return Term(question, (), (), {**codes, **missing})
    # why: a quantity has at least two bins; without a split both have the same number.
    if not splits:
        return Term(question, [0.0], [*bins, *bins], missing)
    return Term(question, splits, bins, missing)


def pipeline_of(terms: Sequence[Term], intercept: float, frame: pd.DataFrame) -> Pipeline:
    """The terms as stock scikit-learn steps, fitted to the columns of the frame."""
    steps = [
        (term.question.slug, FrozenEstimator(_transformer(term, frame)), _columns(term.question))
        for term in terms
    ]
    encode = ColumnTransformer(steps).fit(frame)
    regression = LogisticRegression()
    regression.classes_ = np.array([0, 1])
    regression.coef_ = np.array([[number for term in terms for number in _coefficients(term)]])
    regression.intercept_ = np.array([intercept])
    regression.n_features_in_ = regression.coef_.shape[1]
    regression.n_iter_ = np.array([0], dtype=np.int32)
    return Pipeline([("preprocessor", encode), ("classifier", regression)])


def terms_of(pipeline: Pipeline, catalogue: Catalogue) -> list[Term]:
    """The terms of a fitted pipeline, in the order of its columns."""
    encode = pipeline.named_steps["preprocessor"]
    coefficients = pipeline.named_steps["classifier"].coef_[0]
    terms = []
    for slug, frozen, columns in encode.transformers_:
        if frozen == "drop":  # the columns that the model does not use
            continue
        numbers = coefficients[encode.output_indices_[slug]].tolist()
        terms.append(_term(catalogue.by_name[columns[0]], frozen.estimator, numbers))
    return terms


def export(fitted: Pipeline, catalogue: Catalogue) -> Export:
    """Export the terms as one small tree per feature or code."""
    terms = terms_of(fitted, catalogue)
    inputs = {term.question.name: _encoding(term) for term in terms}
    width = Encoder.from_inputs(inputs).width
    trees = list(_trees(terms))
    leaves = leaves_of(trees, width)
    used = leaves.values != 0
    return Export(
        model=graph_of(trees, width),
        leaves=type(leaves)(leaves.values[used], leaves.low[used], leaves.high[used]),
        inputs=inputs,
        link={"slope": 1.0, "intercept": float(fitted.named_steps["classifier"].intercept_[0])},
        ties=[
            (term.question.name, float(answer))
            for term in terms
            for split in term.splits
            for answer in (np.nextafter(split, -np.inf), split, np.nextafter(split, np.inf))
        ],
    )


def _encoding(term: Term) -> dict[str, Any]:
    if term.splits:
        return {"splits": list(term.splits), "gaps": list(term.answers)}
    return {"nominal": list(term.answers)}


def _trees(terms: Sequence[Term]) -> Iterator[Tree]:
    start = 0
    for term in terms:
        numbers = [*term.bins, *term.answers.values()]
        if term.splits:
            limits = [position + 0.5 for position in range(len(numbers) - 1)]
            yield chain([start] * len(limits), limits, numbers)
            start += 1
        else:
            for column, number in enumerate(numbers, start):
                yield chain([column], [0.5], [0.0, number])
            start += len(numbers)


def _columns(question: Question) -> list[str]:
    return [question.name, missing_name(question)] if has_gaps(question) else [question.name]


def _transformer(term: Term, frame: pd.DataFrame) -> Any:
    """Makes a column per bin or code, and after them one per missing answer that has a column of its own."""
    question = term.question
    rows = frame[_columns(question)]
    value = _one_hot(_codes(term)) if isinstance(question, Choice) else _binning(term)
    if not has_gaps(question):
        return value.fit(rows)
    gaps = _one_hot([gap_text(answer) for answer in question.missing_answers])
    parts = [("value", value, [question.name]), ("missing", gaps, [missing_name(question)])]
    return ColumnTransformer(parts).fit(rows)


def _codes(term: Term) -> list[str]:
    skipped = term.question.missing_answers if has_gaps(term.question) else ()
    return [code_text(code) for code in term.answers if code not in skipped]


def _one_hot(codes: list[str]) -> OneHotEncoder:
    return OneHotEncoder(categories=[codes], handle_unknown="ignore", sparse_output=False)


def _binning(term: Term) -> Pipeline:
    fill = SimpleImputer(strategy="constant", fill_value=FILL, keep_empty_features=True)
    edges = np.array([term.splits[0] - 1, *term.splits, term.splits[-1] + 1])
    bins = KBinsDiscretizer(len(edges) - 1, encode="onehot-dense", strategy="uniform")
    bins.fit(edges[:, None])
    # why: the edges are given; nothing about them is to be learnt from the rows.
    bins.bin_edges_ = np.array([edges], dtype=object)
    return Pipeline([("fill", fill), ("bins", FrozenEstimator(bins))])


def _coefficients(term: Term) -> list[float]:
    """The numbers of a term's columns."""
    if not has_gaps(term.question):
        return [*term.bins, *term.answers.values()]
    missing = term.question.missing_answers
    values = [number for answer, number in term.answers.items() if answer not in missing]
    return [*term.bins, *values, *(term.answers[one] - _filled(term) for one in missing)]


def _filled(term: Term) -> float:
    """What the column of the filled value adds for a missing answer."""
    if not term.splits:
        return 0.0
    return term.bins[bisect_right(term.splits, FILL)]


def _term(question: Question, transformer: Any, numbers: list[float]) -> Term:
    missing = question.missing_answers
    if isinstance(question, Choice):
        return Term(question, (), (), dict(zip(question.all_answers, numbers, strict=True)))
    value = transformer
    if has_gaps(question):
        value = transformer.named_transformers_["value"]
    [edges] = value.named_steps["bins"].estimator.bin_edges_
    splits = [float(edge) for edge in edges[1:-1]]
    bins, rest = numbers[: len(splits) + 1], numbers[len(splits) + 1 :]
    term = Term(question, splits, bins, {})
    answers = {answer: number + _filled(term) for answer, number in zip(missing, rest, strict=True)}
    return Term(question, splits, bins, answers)
