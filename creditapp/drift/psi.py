"""Drift: whether the population that is scored is still the one that the model knows.

The population stability index compares shares by bin: sum of (p - q) ln(p / q). Its usual limits, 0.1
and 0.25, take no notice of how few cases there may be. Without any drift the index of n cases against
m reference cases in B bins is about (1/n + 1/m) times a chi-square variable with B - 1 degrees of
freedom (B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal
of Risk Model Validation 14(4), 2020). The limits here are the larger of the usual ones and of
quantiles of that distribution, shared out among all indices that are looked at together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.table import Columns

FEWEST_CASES = 50
WATCH, SHIFTED = 0.1, 0.25
FALSE_ALARMS_TO_WATCH, FALSE_ALARMS_OF_SHIFT = 0.05, 0.01
"""How often, without drift, any of the indices may pass its limit."""

SCORE = "score"

Counts = npt.NDArray[np.float64]
Histogram = Mapping[str, Any]


class State(StrEnum):
    """What an index says."""

    TOO_FEW = "not enough cases yet"
    STABLE = "stable"
    WATCH = "watch"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Drift:
    """One index: of a feature, or of the score, from so many cases, with its two limits."""

    name: str
    cases: int
    index: float
    watch_from: float
    shifted_from: float

    @property
    def state(self) -> State:
        """What it says, given how many cases it was worked out from."""
        if self.cases < FEWEST_CASES:
            return State.TOO_FEW
        if self.index >= self.shifted_from:
            return State.SHIFTED
        return State.WATCH if self.index >= self.watch_from else State.STABLE


def compare(
    columns: Columns,
    scores: Sequence[float],
    population: Mapping[str, Histogram],
    score_population: Histogram,
) -> list[Drift]:
    """The index of the score, then of each feature, live cases against the model's own population."""
    tests = len(population) + 1
    found = [_drift(SCORE, scores, score_population, tests)]
    for name, histogram in population.items():
        found.append(_drift(name, columns[name], histogram, tests))
    return found


def stability_index(live: Counts, reference: Counts) -> float:
    """The population stability index of two histograms over the same bins.

    Half a case is added to each bin of both, so that an empty one has a logarithm.
    """
    p = (live + 0.5) / (live + 0.5).sum()
    q = (reference + 0.5) / (reference + 0.5).sum()
    return float(((p - q) * np.log(p / q)).sum())


def limit(cases: float, reference: float, bins: int, false_alarms: float, usual: float) -> float:
    """The usual limit, or the index that so few cases reach without drift as rarely as is allowed."""
    quantile = chi_square_quantile(1 - false_alarms, bins - 1)
    return max(usual, (1 / max(cases, 1) + 1 / max(reference, 1)) * quantile)


def chi_square_quantile(probability: float, degrees: int) -> float:
    """The quantile of a chi-square distribution, by Wilson and Hilferty (PNAS 17, 1931)."""
    if degrees < 1:
        return 0.0
    z = NormalDist().inv_cdf(probability)
    return float(degrees * (1 - 2 / (9 * degrees) + z * (2 / (9 * degrees)) ** 0.5) ** 3)


def histograms(answers: Sequence[Any], known: Histogram) -> tuple[Counts, Counts]:
    """Live and reference counts over the same bins; what the reference never held is a bin of its own."""
    if "counts_by_code" in known:
        return _by_code(answers, known["counts_by_code"])
    edges = np.array(known["edges"], dtype=float)
    values = np.array(answers, dtype=float)
    inside, _ = np.histogram(values, edges)
    outside = [(values < edges[0]).sum() + (values > edges[-1]).sum()]
    return np.append(inside, outside).astype(float), np.append(known["counts"], 0).astype(float)


def _by_code(answers: Sequence[str], counts: Mapping[str, int]) -> tuple[Counts, Counts]:
    seen = [code for code, count in counts.items() if count]
    live = [answers.count(code) for code in seen]
    unseen = len(answers) - sum(live)
    reference = [counts[code] for code in seen]
    return np.array([*live, unseen], dtype=float), np.array([*reference, 0], dtype=float)


def _drift(name: str, answers: Sequence[Any], known: Histogram, tests: int) -> Drift:
    live, reference = histograms(answers, known)
    filled = int((reference > 0).sum())
    sizes = (live.sum(), reference.sum(), filled)
    return Drift(
        name=name,
        cases=len(answers),
        index=stability_index(live, reference),
        watch_from=limit(*sizes, FALSE_ALARMS_TO_WATCH / tests, WATCH),
        shifted_from=limit(*sizes, FALSE_ALARMS_OF_SHIFT / tests, SHIFTED),
    )
