"""The cut-offs of least cost, chosen on some rows and measured on others."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.intervals import Mean, mean_with_interval
from creditapp.simulation.costs import Costs, Flags, Floats, cost_of_each, treatment

FOLDS, REPEATS = 5, 10

MOST_STEPS = 200
"""The most cut-offs that are tried; of more probabilities, evenly spaced ones are."""


Places = npt.NDArray[np.intp]


class CutOffs(NamedTuple):
    """Approve from here on, refer from here on, decline below. Infinity: nobody."""

    approve_from: float
    refer_from: float


Choose = Callable[[Floats, Flags, Costs], CutOffs]
"""Chooses cut-offs for probabilities with known outcomes."""


class Chosen(NamedTuple):
    """The cut-offs of least cost on all rows, what they vary over, and what they cost.

    `lowest` and `highest` are the lowest and the highest cut-offs that were chosen in a fold. `cost` was
    measured on the rows that the cut-offs were not chosen on, `same_rows` on those they were chosen on.
    """

    cut_offs: CutOffs
    lowest: CutOffs
    highest: CutOffs
    cost: Mean
    same_rows: float


def choose_single(probabilities: Floats, good: Flags, costs: Costs) -> CutOffs:
    """The single cut-off without referrals that costs least; of several, the highest."""
    steps, goods, bads = _counts(probabilities, good)
    totals = costs.cost_ratio * bads + (goods[-1] - goods)
    best = float(steps[int(np.argmin(totals))])
    return CutOffs(best, best)


def choose_pair(probabilities: Floats, good: Flags, costs: Costs) -> CutOffs:
    """The two cut-offs that cost least, with what lies between them referred; of several, the highest."""
    steps, goods, bads = _counts(probabilities, good)
    approve, refer = _pairs(len(steps))
    each = (goods + bads).astype(int)
    capacity = costs.capacity * len(good)
    share_reviewed = np.minimum(1.0, capacity / np.maximum(np.arange(len(good) + 1), 1))
    per_good = costs.referral_cost + costs.good_declined
    per_bad = costs.referral_cost + costs.bad_approved * costs.cost_ratio
    # why: first all that is not approved counts as declined, then the reviews add this.
    added = (per_good - 1) * goods + per_bad * bads
    without_reviews = costs.cost_ratio * bads + goods[-1] - goods
    reviewed = share_reviewed[each[refer] - each[approve]]
    totals = without_reviews[approve] + reviewed * (added[refer] - added[approve])
    best = int(np.argmin(totals))
    return CutOffs(float(steps[approve[best]]), float(steps[refer[best]]))


@lru_cache(maxsize=4)
def _pairs(cut_offs: int) -> tuple[Places, Places]:
    """The places of all pairs of cut-offs to approve and to refer from, the highest first."""
    approve, refer = np.triu_indices(cut_offs)
    return approve, refer


def _counts(probabilities: Floats, good: Flags) -> tuple[Floats, Floats, Floats]:
    """The cut-offs to try, highest first, and the good and the bad credits from each on."""
    steps = np.unique(probabilities)[::-1]
    if len(steps) > MOST_STEPS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)]
    steps = np.concatenate([[math.inf], steps])
    goods, bads = (count_from(steps, probabilities[kind]) for kind in (good, ~good))
    return steps, goods, bads


def count_from(cut_offs: Floats, probabilities: Floats) -> Floats:
    """How many probabilities are at each cut-off or above it."""
    ordered = np.sort(probabilities)
    return (len(ordered) - np.searchsorted(ordered, cut_offs, side="left")).astype(np.float64)


def cost_at(cut_offs: CutOffs, probabilities: Floats, good: Flags, costs: Costs) -> Floats:
    """The expected cost of each case under cut-offs alone, without rules."""
    approve = probabilities >= cut_offs.approve_from
    refer = (probabilities >= cut_offs.refer_from) & ~approve
    return cost_of_each(treatment(approve, refer, good, costs), good, costs)


def chosen_in_folds(choose: Choose, probabilities: Floats, good: Flags, costs: Costs) -> Chosen:
    """Choose cut-offs in each fold on the other rows, and measure what they cost on the fold.

    The folds hold the same share of good credits, and are made ten times.
    """
    everywhere = choose(probabilities, good, costs)
    same_rows = float(cost_at(everywhere, probabilities, good, costs).mean())
    made: list[CutOffs] = []
    sums = np.zeros(len(good))
    for held in _folds(good):
        made.append(choose(probabilities[~held], good[~held], costs))
        sums[held] += cost_at(made[-1], probabilities[held], good[held], costs)
    highest_cost = max(costs.cost_ratio, 1.0) + costs.referral_cost
    return Chosen(
        everywhere,
        CutOffs(*map(min, zip(*made, strict=True))),
        CutOffs(*map(max, zip(*made, strict=True))),
        mean_with_interval((sums / REPEATS).tolist(), 0.0, highest_cost),
        same_rows,
    )


def _folds(good: Flags) -> Iterator[Flags]:
    """The rows of each fold; always the same ones for the same outcomes."""
    for repeat in range(REPEATS):
        generator = np.random.default_rng(repeat)
        fold = np.empty(len(good), dtype=int)
        for kind in (good, ~good):
            fold[generator.permutation(np.flatnonzero(kind))] = np.arange(kind.sum()) % FOLDS
        for number in range(FOLDS):
            if (fold == number).any() and (fold != number).any():
                yield fold == number
