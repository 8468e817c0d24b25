"""Counts cases by bin: of the score, and of each answer.

The bins of numbers are the intervals of the training population, one for all other numbers, and one for
each missing answer. Those of codes are the codes that the population has, and one for all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from creditapp.applications.table import Columns
from creditapp.scoring.population import Distribution, counts_by_answer, has_bins

Counts = Sequence[int]


@dataclass(frozen=True)
class Tally:
    """The number of cases, and how many of them are in each bin of the score and of each answer."""

    cases: int
    score: Counts
    answers: Mapping[str, Counts]


@dataclass(frozen=True)
class Population:
    """The distributions that a bundle's metadata hold: of each answer, and of the score."""

    answers: Mapping[str, Distribution]
    score: Distribution

    def tally(self, columns: Columns, scores: Sequence[float]) -> Tally:
        """Count cases by the bins of this population."""
        answers = {name: count(columns[name], one) for name, one in self.answers.items()}
        return Tally(len(scores), count(scores, self.score), answers)

    def own(self) -> Tally:
        """The counts of the population itself; its cases are those of the score."""
        answers = {name: own_counts(one) for name, one in self.answers.items()}
        score = own_counts(self.score)
        return Tally(sum(score), score, answers)


def count(answers: Sequence[Any], distribution: Distribution) -> Counts:
    """How many of the answers are in each bin."""
    codes = counts_by_answer(distribution)
    if not has_bins(distribution):
        return _with_others(len(answers), [answers.count(one) for one in known_codes(distribution)])
    missing = [sum(one == code for one in answers) for code in codes]
    values = np.array([one for one in answers if one not in codes], dtype=float)
    edges = np.array(distribution["edges"], dtype=float)
    inside = np.histogram(values, edges)[0].tolist() if len(edges) else []
    return [*_with_others(len(values), inside), *missing]


def own_counts(distribution: Distribution) -> Counts:
    """How many rows of the population itself are in each bin."""
    codes = counts_by_answer(distribution)
    if not has_bins(distribution):
        return [*(codes[one] for one in known_codes(distribution)), 0]
    return [*distribution["counts"], 0, *codes.values()]


def known_codes(distribution: Distribution) -> list[Any]:
    """The codes that the population has, each with a bin of its own."""
    return [code for code, cases in counts_by_answer(distribution).items() if cases]


def _with_others(cases: int, known: list[int]) -> list[int]:
    return [*known, cases - sum(known)]
