"""The cut-offs of least cost: no others cost less, and their cost is that on rows they were not chosen on."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.simulation.costs import Costs
from creditapp.simulation.cut_offs import (
    CutOffs,
    choose_pair,
    choose_single,
    chosen_in_folds,
    cost_at,
)

CASES = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=20)


def arrays(drawn: list[tuple[int, bool]]) -> tuple[Any, Any]:
    """Probabilities in steps of a sixth, and outcomes."""
    return np.array([step / 6 for step, _ in drawn]), np.array([good for _, good in drawn], bool)


@given(CASES, st.floats(0, 20))
def test_no_other_single_cut_off_costs_less(drawn: list[tuple[int, bool]], ratio: float) -> None:
    """Each cut-off is tried by itself, counting costs directly."""
    probabilities, good = arrays(drawn)

    def cost(cut_off: float) -> float:
        pairs = list(zip(probabilities, good, strict=True))
        approved = [is_good for one, is_good in pairs if one >= cut_off]
        declined = [is_good for one, is_good in pairs if one < cut_off]
        return float(ratio * approved.count(False) + declined.count(True))

    best = choose_single(probabilities, good, Costs(cost_ratio=ratio))
    assert best.approve_from == best.refer_from
    tried = {cut_off: cost(cut_off) for cut_off in [*probabilities, math.inf]}
    assert tried[best.approve_from] == pytest.approx(min(tried.values()))


@given(CASES, st.floats(0, 10), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 1))
def test_no_other_pair_of_cut_offs_costs_less(
    drawn: list[tuple[int, bool]], ratio: float, review: float, errors: float, capacity: float
) -> None:
    """Each pair is tried by itself, with the reviews, their errors and the capacity counted directly."""
    probabilities, good = arrays(drawn)
    costs = Costs(ratio, review, errors, errors, capacity)

    def cost(approve: float, refer: float) -> float:
        between = [one for one in probabilities if refer <= one < approve]
        share = min(1.0, capacity * len(good) / len(between)) if between else 1.0
        total = 0.0
        for one, is_good in zip(probabilities, good, strict=True):
            reviewed = review + errors * (1 if is_good else ratio)
            if one >= approve:
                total += 0 if is_good else ratio
            elif one >= refer:
                total += share * reviewed + (1 - share) * bool(is_good)
            else:
                total += bool(is_good)
        return total

    steps = [*probabilities, math.inf]
    lowest = min(cost(one, other) for one, other in itertools.product(steps, steps) if other <= one)
    best = choose_pair(probabilities, good, costs)
    assert cost(*best) == pytest.approx(lowest)


def test_a_cost_is_measured_on_rows_that_the_cut_offs_were_not_chosen_on() -> None:
    """Outcomes that no probability knows of: the same rows look cheaper than they are.

    As many are bad as good and both errors cost 1, so every cut-off costs 0.5 in truth.
    """
    honest, same_rows = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        good = np.arange(60) % 2 == 0
        chosen = chosen_in_folds(choose_single, generator.random(60), good, Costs(cost_ratio=1))
        honest.append(chosen.cost.value)
        same_rows.append(chosen.same_rows)
    assert np.mean(same_rows) < 0.45
    assert 0.48 < np.mean(honest) < 0.54


def test_the_range_holds_what_the_folds_chose_and_is_always_the_same() -> None:
    """Good and bad credits are apart here, so every fold cuts between 0.3 and 0.7 and errs nowhere else."""
    probabilities = np.concatenate([np.linspace(0, 0.3, 30), np.linspace(0.7, 1, 30)])
    good = probabilities > 0.5
    chosen = chosen_in_folds(choose_single, probabilities, good, Costs())
    assert chosen == chosen_in_folds(choose_single, probabilities, good, Costs())
    assert chosen.cut_offs == CutOffs(0.7, 0.7)
    assert (chosen.lowest.approve_from, chosen.same_rows) == (0.7, 0.0)
    assert 0.7 < chosen.highest.approve_from < 0.75
    assert 0 < chosen.cost.value < 3 / 60


def test_many_probabilities_are_thinned_out_to_steps_that_cost_as_little() -> None:
    """With 5000 probabilities, the best cut-off of all is missed by little."""
    generator = np.random.default_rng(1)
    probabilities = generator.random(5000)
    good = generator.random(5000) < probabilities
    costs = Costs()
    exact = min(
        cost_at(CutOffs(step, step), probabilities, good, costs).mean()
        for step in probabilities[:1000]
    )
    chosen = choose_single(probabilities, good, costs)
    assert cost_at(chosen, probabilities, good, costs).mean() <= exact + 0.005
