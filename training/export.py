"""Exports the fitted pipeline to the served bundle, and checks that both give the same scores."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Answer, Choice, Question
from creditapp.applications.table import Columns
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata
from creditapp.scoring.scorer import TOLERANCE, Probabilities, Scorer
from creditapp.scoring.verification import verify
from training.answer_frequencies import count_answers
from training.dataset import SEED, Dataset, Split
from training.estimators import forest
from training.estimators.family import Family
from training.frame import frame_of
from training.parity_rows import DRAWN_ROWS, a_day_of, probe_rows, rows_of
from training.pipeline import probability_good

GOLDEN_ROWS = 64
GOLDEN_DRAWN = 2000
"""The golden rows come from the data, from the rows on thresholds, and from this many random rows."""

MOST_HELD_OUT = 2000
"""Of a larger hold-out, this many rows, drawn with a fixed seed, are kept in the bundle."""

QUANTILES = 10
PARTS = 500


@dataclass(frozen=True)
class Parity:
    """The largest difference between the bundle's and the pipeline's probabilities, and the rows compared."""

    rows: int
    largest_difference: float


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: its run in the registry, and when it was trained, in ISO 8601."""

    run_id: str
    trained_at: str


def make_bundle(
    pipeline: Pipeline,
    split: Split,
    metrics: dict[str, float],
    origin: Origin,
    family: Family = forest.FAMILY,
) -> tuple[Bundle, Parity]:
    """Make the bundle of a fitted pipeline, and check that both give the same scores.

    Raises:
        BrokenBundle: a probability differs by more than the tolerance, or a prediction differs.
    """
    catalogue = split.training.catalogue
    export = family.export(pipeline, catalogue)
    probe = probe_rows(export.ties, split)
    expected = probability_good(pipeline, frame_of(catalogue, probe))
    golden = np.linspace(0, len(expected) - DRAWN_ROWS + GOLDEN_DRAWN, GOLDEN_ROWS).astype(int)
    golden_rows = rows_of(catalogue, probe, golden.tolist(), a_day_of(split))
    held_out = probability_good(pipeline, split.held_out.features)
    applicants = probability_good(pipeline, split.held_out.applicants.features)
    bundle = Bundle(
        model=export.model,
        leaves=export.leaves.pack(),
        metadata=Metadata(
            format=FORMAT,
            run_id=origin.run_id,
            trained_at=origin.trained_at,
            description=f"{family.title} fitted on {len(split.training)} rows: {catalogue.title}",
            fingerprint=catalogue.fingerprint,
            inputs=export.inputs,
            classes=[int(label) for label in pipeline.classes_],
            metrics=metrics,
            population=population(split.training.applicants),
            observed=count_answers(split),
            score_population={
                **score_population(applicants),
                **outcomes_by_score(held_out, split.held_out.target.to_numpy()),
            },
            family=family.name,
            link=export.link,
        ),
        golden=Golden(list(golden_rows), expected[golden].tolist()),
        holdout=_csv(split.held_out),
        catalogue=catalogue,
    )
    return bundle, check_parity(verify(bundle), probe, expected)


def check_parity(scorer: Scorer, rows: Columns, expected: Probabilities) -> Parity:
    """Compare the scorer's probabilities with the pipeline's, row by row.

    Raises:
        BrokenBundle: a probability differs by more than 1e-6, or a prediction differs although the
            expected probability is further than 1e-6 from 0.5.
    """
    exported = scorer.probabilities(rows)
    difference = float(np.abs(exported - expected).max())
    flipped = (exported > 0.5) != (expected > 0.5)
    if difference > TOLERANCE or (flipped & (np.abs(expected - 0.5) > TOLERANCE)).any():
        raise BrokenBundle(
            f"the exported model differs from the fitted pipeline by {difference:.2g} "
            f"on {len(expected)} rows; at most {TOLERANCE:.0e} is allowed"
        )
    return Parity(len(expected), difference)


def population(rows: Dataset) -> dict[str, dict[str, Any]]:
    """The distribution of each feature's answers in the rows: see `population`."""
    return {one.name: _histogram(one, rows.columns[one.name]) for one in rows.catalogue.features}


def score_population(probabilities: Probabilities) -> dict[str, Any]:
    """The distribution of the probabilities of good credit in the hold-out, in ten bins of equal counts.

    The training rows cannot be used: the model's scores on them are more extreme than on new rows.
    """
    inner = np.quantile(probabilities, np.linspace(0, 1, QUANTILES + 1))[1:-1]
    edges = np.unique([0.0, *inner, 1.0])
    counts, _ = np.histogram(probabilities, edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def outcomes_by_score(
    probabilities: Probabilities, target: npt.NDArray[np.int64]
) -> dict[str, list[float]]:
    """The outcomes of the whole hold-out, in at most 500 parts by score, with equal counts where they can be.

    `scores` has the mean score of each part, `cases` its number of rows, `good` how many turned out good.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, PARTS + 1)))
    places = np.searchsorted(edges[1:-1], probabilities, side="right")
    cases = np.bincount(places)
    filled = cases > 0
    return {
        "scores": (np.bincount(places, probabilities)[filled] / cases[filled]).tolist(),
        "cases": cases[filled].tolist(),
        "good": np.bincount(places, target)[filled].astype(int).tolist(),
    }


def _histogram(question: Question, answers: Sequence[Answer]) -> dict[str, Any]:
    if isinstance(question, Choice):
        return {"answers": _count(answers, question.all_answers)}
    numbers = np.array([one for one in answers if not question.is_missing(one)], dtype=float)
    missing = {"missing": _count(answers, question.missing_answers)} if question.missing else {}
    if not len(numbers):
        return {"minimum": None, "maximum": None, "edges": [], "counts": [], **missing}
    edges = _edges(numbers)
    counts, _ = np.histogram(numbers, edges)
    limits = {"minimum": float(numbers.min()), "maximum": float(numbers.max())}
    return {**limits, "edges": edges.tolist(), "counts": counts.tolist(), **missing}


def _count(answers: Sequence[Answer], codes: Sequence[Answer]) -> list[list[Any]]:
    return [[code, sum(one is code or one == code for one in answers)] for code in codes]


def _edges(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bin edges: a bin for each value if there are few values, else ten bins of equal counts."""
    values = np.unique(numbers)
    if len(values) <= QUANTILES:
        return np.append(values - 0.5, values[-1] + 0.5)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, QUANTILES + 1)))
    return edges if len(edges) > 1 else np.append(edges - 0.5, edges[-1] + 0.5)


def _csv(held_out: Dataset) -> str:
    """The held-out rows as CSV, with their target: 1 good, 0 bad."""
    if len(held_out) > MOST_HELD_OUT:
        drawn = np.random.default_rng(SEED).choice(len(held_out), MOST_HELD_OUT, replace=False)
        held_out = held_out.take(np.sort(drawn))
    catalogue = held_out.catalogue
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(held_out.answers)
    writer.writerow([*names, catalogue.outcome.name])
    for row, target in zip(held_out.rows(), held_out.target, strict=True):
        writer.writerow([*(catalogue.by_name[name].as_cell(row[name]) for name in names), target])
    return text.getvalue()
