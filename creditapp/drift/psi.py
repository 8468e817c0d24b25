"""The population stability index (PSI): how the scored population differs from the training population.

The index compares the proportions p and q of each bin: it is the sum of (p - q) ln(p / q). Its usual
limits, 0.1 and 0.25, do not depend on the number of cases. Without drift, the index of n cases against
m reference cases in B bins is about (1/n + 1/m) times a chi-square variable with B - 1 degrees of
freedom (B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal
of Risk Model Validation 14(4), 2020). A limit here is the larger of the usual limit and a quantile of
that distribution. The allowed rate of false alarms is divided by the number of indices (Bonferroni).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.table import Columns
from creditapp.scoring.population import counts_by_answer, has_bins

FEWEST_CASES = 50
WATCH, SHIFTED = 0.1, 0.25
FALSE_ALARMS_TO_WATCH, FALSE_ALARMS_OF_SHIFT = 0.05, 0.01
"""The allowed probability, without drift, that at least one index reaches its limit."""

SCORE = "score"

Counts = npt.NDArray[np.float64]
Histogram = Mapping[str, Any]


class State(StrEnum):
    """The result of an index."""

    TOO_FEW = "not enough cases yet"
    STABLE = "stable"
    WATCH = "watch"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Drift:
    """The index of a feature or of the score, with the number of cases and its two limits."""

    name: str
    cases: int
    index: float
    watch_from: float
    shifted_from: float

    @property
    def state(self) -> State:
        """The state by the limits; `TOO_FEW` below `FEWEST_CASES` cases."""
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
    """Compare live cases with the training population of the model.

    The result has the index of the score first, then one index per feature.
    """
    tests = len(population) + 1
    drifts = [_drift(SCORE, scores, score_population, tests)]
    for name, histogram in population.items():
        drifts.append(_drift(name, columns[name], histogram, tests))
    return drifts


def stability_index(live: Counts, reference: Counts) -> float:
    """The population stability index of two histograms over the same bins.

    Args:
        live: the number of live cases per bin.
        reference: the number of reference cases per bin, same shape.
    """
    # why: half a case more in each bin keeps the logarithm finite for an empty bin.
    p = (live + 0.5) / (live + 0.5).sum()
    q = (reference + 0.5) / (reference + 0.5).sum()
    return float(((p - q) * np.log(p / q)).sum())


def limit(cases: float, reference: float, bins: int, false_alarms: float, usual: float) -> float:
    """The larger of the usual limit and the limit that chance reaches with probability `false_alarms`."""
    # why: with few cases chance exceeds the usual limits; with many cases tiny shifts
    # would exceed the quantile. The larger of the two avoids both false alarms.
    quantile = chi_square_quantile(1 - false_alarms, bins - 1)
    return max(usual, (1 / max(cases, 1) + 1 / max(reference, 1)) * quantile)


def chi_square_quantile(probability: float, degrees: int) -> float:
    """The quantile of a chi-square distribution; approximation by Wilson and Hilferty (PNAS 17, 1931)."""
    if degrees < 1:
        return 0.0
    z = NormalDist().inv_cdf(probability)
    return float(degrees * (1 - 2 / (9 * degrees) + z * (2 / (9 * degrees)) ** 0.5) ** 3)


def histograms(answers: Sequence[Any], population: Histogram) -> tuple[Counts, Counts]:
    """Live and reference counts over the same bins.

    For numbers the bins are the intervals, one for all other numbers, and one for each missing answer.
    For codes there is one for each code of the reference, and one for all others.
    """
    codes = counts_by_answer(population)
    if not has_bins(population):
        return _by_code(answers, codes)
    edges = np.array(population["edges"], dtype=float)
    values = np.array([one for one in answers if one not in codes], dtype=float)
    inside, _ = np.histogram(values, edges) if len(edges) else (np.array([]), None)
    outside = len(values) - inside.sum()
    missing = [sum(one == code for one in answers) for code in codes]
    live = np.array([*inside, outside, *missing], dtype=float)
    return live, np.array([*population["counts"], 0, *codes.values()], dtype=float)


def _by_code(answers: Sequence[Any], counts: Mapping[Any, int]) -> tuple[Counts, Counts]:
    codes = [code for code, count in counts.items() if count]
    live = [answers.count(code) for code in codes]
    unseen = len(answers) - sum(live)
    reference = [counts[code] for code in codes]
    return np.array([*live, unseen], dtype=float), np.array([*reference, 0], dtype=float)


def _drift(name: str, answers: Sequence[Any], population: Histogram, tests: int) -> Drift:
    live, reference = histograms(answers, population)
    filled = int((reference > 0).sum())
    sizes = (live.sum(), reference.sum(), filled)
    return Drift(
        name=name,
        cases=len(answers),
        index=stability_index(live, reference),
        watch_from=limit(*sizes, FALSE_ALARMS_TO_WATCH / tests, WATCH),
        shifted_from=limit(*sizes, FALSE_ALARMS_OF_SHIFT / tests, SHIFTED),
    )
