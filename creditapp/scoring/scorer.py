"""From applications to probabilities, for one or many alike, without a loop over applications."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

# While it is imported the engine would begin to report to its makers: nothing leaves this machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from creditapp.applications.catalogue import Application
from creditapp.applications.table import Columns, columns_of
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder

Probabilities = npt.NDArray[np.float64]

Seen = frozenset[str] | tuple[float, float]
"""What the training data held of a feature: its codes, or the least and the most."""

ENGINE = f"onnxruntime {onnxruntime.__version__}"
"""What scores, kept with each decision: another version may sum the trees in another order."""

INPUT, OUTPUT = "encoded", "probabilities"
"""The forest's one input, of shape (n, columns), and its output, of shape (n, classes)."""

TOLERANCE = 1e-6
"""How far a probability may lie from the fitted pipeline's; float32 sums differ by some 5e-7."""


class Score(NamedTuple):
    """The probability of good credit, and the features whose answer the training data never saw."""

    probability_good: float
    outside_training: tuple[str, ...]


class Scorer:
    """A bundle's encoding, and its forest in ONNX Runtime; safe to share between threads."""

    def __init__(self, bundle: Bundle) -> None:
        self._encoder = Encoder.of(bundle.metadata.inputs)
        self._good = list(bundle.metadata.classes).index(1)
        self._seen = {
            name: seen_answers(known)
            for name, known in bundle.metadata.population.items()
            if name in bundle.metadata.inputs
        }
        self._session = _session(bundle.model)

    def score(self, applications: Sequence[Application]) -> list[Score]:
        """One score per application, in their order."""
        columns = columns_of(applications)
        outside = outside_training(columns, self._seen)
        probabilities = self.probabilities(columns).tolist()
        return [Score(p, names) for p, names in zip(probabilities, outside, strict=True)]

    def probabilities(self, columns: Columns) -> Probabilities:
        """The probability of good credit of each row; shape (n,)."""
        feed = {INPUT: self._encoder.encode(columns)}
        [probabilities] = self._session.run([OUTPUT], feed)
        return np.asarray(probabilities)[:, self._good].astype(np.float64)


def outside_training(columns: Columns, seen: Mapping[str, Seen]) -> list[tuple[str, ...]]:
    """For each row, the features whose answer lies outside what the training data held."""
    rows = len(next(iter(columns.values())))
    names: list[tuple[str, ...]] = [()] * rows
    for name, known in seen.items():
        for row in _unseen(columns[name], known):
            names[row] += (name,)
    return names


def seen_answers(known: Mapping[str, Any]) -> Seen:
    """What the training data held of one feature, from the bundle's population."""
    if "counts_by_code" in known:
        return frozenset(code for code, count in known["counts_by_code"].items() if count)
    return known["minimum"], known["maximum"]


def _unseen(answers: Sequence[Any], seen: Seen) -> list[int]:
    if isinstance(seen, frozenset):
        if seen.issuperset(answers):
            return []
        return [row for row, answer in enumerate(answers) if answer not in seen]
    low, high = seen
    return [row for row, answer in enumerate(answers) if not low <= answer <= high]


def _session(model: bytes) -> onnxruntime.InferenceSession:
    """One thread: the sum of the trees then has one order, and workers are the parallelism."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
