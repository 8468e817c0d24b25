"""Scores applications, one or many at a time, without a loop over applications."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

# why: onnxruntime sends telemetry from its import on; this must be set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from creditapp.applications.catalogue import Application
from creditapp.applications.table import Columns, columns_of
from creditapp.columns import Column
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.forest import Leaves
from creditapp.scoring.link import Link
from creditapp.scoring.population import counts_by_answer, has_bins, limits
from creditapp.scoring.splits import Split, splits_of

Probabilities = npt.NDArray[np.float64]
"""Probabilities between 0 and 1; shape (n,)."""


class Seen(NamedTuple):
    """The answers to a feature in the training data: its codes, and the limits of its numbers.

    `missing` are the answers that stand for a missing value, whether the training data hold them or not.
    """

    codes: frozenset[Any]
    limits: tuple[float, float] | None = None
    missing: frozenset[Any] = frozenset()

    def lacks(self, answer: Any) -> bool:
        """Whether an answer lies outside the training data."""
        if self.limits is None or answer in self.missing:
            return answer not in self.codes
        low, high = self.limits
        return not low <= answer <= high


ENGINE = f"onnxruntime {onnxruntime.__version__}"
"""The engine, recorded with each decision: another version may add up the trees in another order."""

INPUT, OUTPUT, SUM = "encoded", "probabilities", "sum"
"""The names of the graph's input, of shape (n, columns), and of its output.

It gives probabilities, of shape (n, classes); for a model with a link, the sum of its leaves, (n, 1).
"""

TOLERANCE = 1e-6
"""How much a probability may differ from the fitted pipeline's; float32 sums differ by about 5e-7."""


class Score(NamedTuple):
    """The probability of good credit, and the features whose answer the training data do not hold."""

    probability_good: float
    outside_training: tuple[str, ...]


class Scores(NamedTuple):
    """The scores of many applications as columns: for each one what `Score` has."""

    probabilities: Probabilities
    outside_training: Column


class Scorer:
    """A bundle's encoder, and its model in ONNX Runtime; safe to share between threads.

    `seen` has the answers to each used feature in the training data.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.catalogue = bundle.catalogue
        self._encoder = Encoder.from_inputs(bundle.metadata.inputs)
        self._good = list(bundle.metadata.classes).index(1)
        self.seen = {
            name: seen_answers(distribution)
            for name, distribution in bundle.metadata.population.items()
            if name in bundle.metadata.inputs
        }
        self._link = Link.from_metadata(bundle.metadata.link)
        self._leaves, self._inputs = bundle.leaves, bundle.metadata.inputs
        self._session = _session(bundle.model)

    @cached_property
    def splits(self) -> Mapping[str, Sequence[Split]]:
        """Where the score can change, for each feature that the model reads as a number."""
        return splits_of(Leaves.unpack(self._leaves), self._inputs)

    def score(self, applications: Sequence[Application]) -> list[Score]:
        """Score the applications, and keep their order."""
        columns = columns_of(self.catalogue, [one.answers for one in applications])
        if len(applications) == 1:
            # why: for a single row, plain Python is much faster than NumPy.
            outside = [tuple(name for name in self.seen if self.seen[name].lacks(columns[name][0]))]
            return [Score(float(self.probabilities(columns)[0]), *outside)]
        probabilities, names = self.score_columns(columns)
        return list(map(Score, probabilities.tolist(), names.values()))

    def score_columns(self, columns: Columns) -> Scores:
        """Score many applications, given as the columns of their features."""
        return Scores(self.probabilities(columns), outside_training(columns, self.seen))

    def probabilities(self, columns: Columns) -> Probabilities:
        """The probability of good credit of each row; shape (n,)."""
        feed = {INPUT: self._encoder.encode(columns)}
        if self._link:
            [sums] = self._session.run([SUM], feed)
            return self._link.probabilities(sums[:, 0].astype(np.float64))
        [probabilities] = self._session.run([OUTPUT], feed)
        return np.asarray(probabilities)[:, self._good].astype(np.float64)


def outside_training(columns: Columns, seen: Mapping[str, Seen]) -> Column:
    """For each row, the names of the features whose answer lies outside the training data."""
    names = Column.same((), len(next(iter(columns.values()))))
    for name, training_answers in seen.items():
        lacking = Column.of(columns[name]).where(training_answers.lacks)
        if lacking.any():
            marks = Column([(), (name,)], lacking.astype(np.intp))
            names = names.beside(marks).each(lambda pair: (*pair[0], *pair[1]))
    return names


def seen_answers(distribution: Mapping[str, Any]) -> Seen:
    """The answers to one feature in the training data, from its entry in the bundle's population."""
    counts = counts_by_answer(distribution)
    codes = frozenset(answer for answer, count in counts.items() if count)
    if has_bins(distribution):
        return Seen(codes, limits(distribution), frozenset(counts))
    return Seen(codes)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    """Load the model into the engine."""
    # why: with one thread the trees are always added up in the same order, so equal answers get equal
    # scores. Several workers use the other cores.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
