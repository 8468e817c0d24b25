"""Exports the fitted pipeline to the served bundle, and checks that both give the same scores."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import (
    BY_NAME,
    FEATURE_NAMES,
    FEATURES,
    Answer,
    Feature,
    Numeric,
    fingerprint,
)
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import FORMAT, TARGET, Bundle, Golden, Metadata
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.scorer import INPUT, TOLERANCE, Probabilities, Scorer
from creditapp.scoring.verification import verify
from training.answer_frequencies import count_answers
from training.dataset import Dataset, Split
from training.forest_leaves import extract_leaves
from training.parity_rows import DRAWN_ROWS, probe_rows
from training.pipeline import probability_good

GOLDEN_ROWS = 64
GOLDEN_DRAWN = 2000
"""The golden rows come from the data, from the rows on thresholds, and from this many random rows."""

QUANTILES = 10


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
    pipeline: Pipeline, split: Split, metrics: dict[str, float], origin: Origin
) -> tuple[Bundle, Parity]:
    """Make the bundle of a fitted pipeline, and check that both give the same scores.

    Raises:
        BrokenBundle: a probability differs by more than the tolerance, or a prediction differs.
    """
    model, inputs = convert(pipeline)
    probe = probe_rows(pipeline, split)
    expected = probability_good(pipeline, probe)
    golden = np.linspace(0, len(probe) - DRAWN_ROWS + GOLDEN_DRAWN, GOLDEN_ROWS).astype(int)
    bundle = Bundle(
        model=model,
        leaves=extract_leaves(pipeline.named_steps["classifier"]).pack(),
        metadata=Metadata(
            format=FORMAT,
            run_id=origin.run_id,
            trained_at=origin.trained_at,
            description=f"Random forest fitted on {len(split.training)} German credits",
            fingerprint=fingerprint(),
            inputs=inputs,
            classes=[int(label) for label in pipeline.classes_],
            metrics=metrics,
            population=population(split.training.features),
            observed=count_answers(split),
            score_population=score_population(probability_good(pipeline, split.held_out.features)),
        ),
        golden=Golden(_rows(probe.iloc[golden]), expected[golden].tolist()),
        holdout=_csv(split.held_out),
    )
    return bundle, check_parity(verify(bundle), probe, expected)


def convert(pipeline: Pipeline) -> tuple[bytes, dict[str, dict[str, Any]]]:
    """Convert the forest to ONNX, and describe how each feature is encoded, in the order of its columns.

    The graph does not contain the encoding, which would take ten times as long as the forest there.
    """
    inputs = _inputs(pipeline.named_steps["preprocessor"])
    types = [(INPUT, FloatTensorType([None, Encoder.from_inputs(inputs).width]))]
    forest = pipeline.named_steps["classifier"]
    model = to_onnx(forest, initial_types=types, options={"zipmap": False})
    return model.SerializeToString(), inputs


def _inputs(preprocessor: ColumnTransformer) -> dict[str, dict[str, Any]]:
    return {
        name: encoding
        for kind, transformer, names in preprocessor.transformers_
        if kind != "remainder"
        for name, encoding in zip(names, _encodings(kind, transformer), strict=True)
    }


def _encodings(kind: str, transformer: Any) -> list[dict[str, Any]]:
    if kind == "numeric":
        scales = zip(transformer.mean_, transformer.scale_, strict=True)
        return [{"mean": float(mean), "scale": float(scale)} for mean, scale in scales]
    return [{kind: list(codes)} for codes in transformer.categories_]


def check_parity(scorer: Scorer, rows: pd.DataFrame, expected: Probabilities) -> Parity:
    """Compare the scorer's probabilities with the pipeline's, row by row.

    Raises:
        BrokenBundle: a probability differs by more than 1e-6, or a prediction differs although the
            expected probability is further than 1e-6 from 0.5.
    """
    exported = scorer.probabilities({name: rows[name].tolist() for name in FEATURE_NAMES})
    difference = float(np.abs(exported - expected).max())
    flipped = (exported > 0.5) != (expected > 0.5)
    if difference > TOLERANCE or (flipped & (np.abs(expected - 0.5) > TOLERANCE)).any():
        raise BrokenBundle(
            f"the exported model differs from the fitted pipeline by {difference:.2g} "
            f"on {len(rows)} rows; at most {TOLERANCE:.0e} is allowed"
        )
    return Parity(len(rows), difference)


def population(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The distribution of each feature's answers in the rows."""
    return {feature.name: _histogram(feature, rows[feature.name]) for feature in FEATURES}


def score_population(probabilities: Probabilities) -> dict[str, Any]:
    """The distribution of the probabilities of good credit in the hold-out, in ten bins of equal counts.

    The training rows cannot be used: the model's scores on them are more extreme than on new rows.
    """
    inner = np.quantile(probabilities, np.linspace(0, 1, QUANTILES + 1))[1:-1]
    edges = np.unique([0.0, *inner, 1.0])
    counts, _ = np.histogram(probabilities, edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _histogram(feature: Feature, answers: "pd.Series[Any]") -> dict[str, Any]:
    if not isinstance(feature, Numeric):
        return {"counts_by_code": {code: int((answers == code).sum()) for code in feature.values}}
    edges = _edges(answers)
    counts, _ = np.histogram(answers, edges)
    limits = {"minimum": float(answers.min()), "maximum": float(answers.max())}
    return {**limits, "edges": edges.tolist(), "counts": counts.tolist()}


def _edges(answers: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """Bin edges: a bin for each value if there are few values, else ten bins of equal counts."""
    values = np.unique(answers)
    if len(values) <= QUANTILES:
        return np.append(values - 0.5, values[-1] + 0.5)
    return np.unique(np.quantile(answers, np.linspace(0, 1, QUANTILES + 1)))


def _rows(rows: pd.DataFrame) -> list[dict[str, Answer]]:
    return [
        {name: _answer(name, row[name]) for name in FEATURE_NAMES} for _, row in rows.iterrows()
    ]


def _answer(name: str, value: Any) -> Answer:
    feature = BY_NAME[name]
    whole = isinstance(feature, Numeric) and feature.integer
    answer: Answer = int(value) if whole else value
    return answer


def _csv(held_out: Dataset) -> str:
    """The held-out rows as CSV, with their target: 1 good, 0 bad."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FEATURE_NAMES, TARGET])
    for row, target in zip(_rows(held_out.features), held_out.target, strict=True):
        writer.writerow([*row.values(), target])
    return text.getvalue()
