"""The cut-offs of least cost, chosen on some rows and measured on others."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from creditapp.intervals import Mean, mean_with_interval
from creditapp.simulation.costs import Costs, Flags, Floats, cost_of_each, treatment

FOLDS, REPEATS = 5, 10

MOST_STEPS = 200
"""The most cut-offs that are tried; of more probabilities, evenly spaced ones are."""


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
    # why: rows are the cut-off to approve from, columns the one to refer from, so one table holds all pairs.
    referred_good = goods[None, :] - goods[:, None]
    referred_bad = bads[None, :] - bads[:, None]
    referred = referred_good + referred_bad
    most = costs.capacity * len(good)
    reviewed = np.minimum(1.0, most / np.maximum(referred, 1.0))
    per_good = costs.referral_cost + costs.good_declined
    per_bad = costs.referral_cost + costs.bad_approved * costs.cost_ratio
    in_review = reviewed * (per_good * referred_good + per_bad * referred_bad)
    declined = (goods[-1] - goods)[None, :] + (1 - reviewed) * referred_good
    totals = costs.cost_ratio * bads[:, None] + in_review + declined
    totals[referred < 0] = math.inf
    approve, refer = np.unravel_index(int(np.argmin(totals)), totals.shape)
    return CutOffs(float(steps[approve]), float(steps[refer]))


def _counts(probabilities: Floats, good: Flags) -> tuple[Floats, Floats, Floats]:
    """The cut-offs to try, highest first, and the good and the bad credits from each on."""
    steps = np.unique(probabilities)[::-1]
    if len(steps) > MOST_STEPS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)]
    steps = np.concatenate([[math.inf], steps])
    goods, bads = (_from_each(probabilities[kind], steps) for kind in (good, ~good))
    return steps, goods, bads


def _from_each(probabilities: Floats, steps: Floats) -> Floats:
    ordered = np.sort(probabilities)
    return (len(ordered) - np.searchsorted(ordered, steps, side="left")).astype(np.float64)


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
