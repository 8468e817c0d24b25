"""What a policy would do: rates, intervals, cost, flips, and the best single cut-off."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications.catalogue import EXAMPLE
from creditapp.intervals import Proportion
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.simulation.outcomes import (
    Case,
    bad_among_approved,
    best_cut_off,
    expected_cost,
    flips,
    outcomes,
    rates,
)


def case(probability: float, *, good: bool = True, outside: bool = False) -> Case:
    """A case of the example's answers."""
    return Case(probability, EXAMPLE, outside, good)


def test_each_case_is_decided_as_the_policy_decides() -> None:
    """By its cut-offs, its rules, and what the model never saw."""
    cases = [case(0.9), case(0.9, outside=True), case(0.5), case(0.1)]
    decided = outcomes(DEFAULT_POLICY, cases)
    assert decided == ["approve", "refer", "refer", "decline"]
    assert [share.count for share in rates(decided).values()] == [1, 2, 1]
    rule = Rule("Purpose", Outcome.DECLINE, "no", codes=("A43",))
    assert set(outcomes(Policy("x", rules=(rule,)), cases)) == {Outcome.DECLINE}


def test_no_cases_give_no_numbers() -> None:
    """Rather than zeros that look like findings."""
    assert math.isnan(Proportion(0, 0).value)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert math.isnan(expected_cost([], [], 5).value)
    assert expected_cost([], [], 0.5).interval == (0.0, 1.0)
    assert math.isnan(best_cut_off([], 5).cost)


def test_bad_approvals_and_lost_good_ones_cost_and_referrals_do_not() -> None:
    """Five for the one, one for the other."""
    cases = [
        case(0.9, good=False),
        case(0.9),
        case(0.5, good=False),
        case(0.1),
        case(0.1, good=False),
    ]
    decided = outcomes(DEFAULT_POLICY, cases)
    cost = expected_cost(cases, decided, 5)
    assert cost.value == pytest.approx(6 / 5)
    assert cost.interval[0] <= cost.value <= cost.interval[1]
    assert bad_among_approved(cases, decided) == Proportion(1, 2)


def test_flips_are_counted_by_what_was_and_would_be_decided() -> None:
    """Cases of which nothing was decided are none."""
    cases = [case(0.9)._replace(decided="refer"), case(0.5)._replace(decided="refer"), case(0.1)]
    assert flips(cases, outcomes(DEFAULT_POLICY, cases)) == {("refer", "approve"): 1}


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30),
    st.floats(0, 20),
)
def test_no_other_cut_off_costs_less(drawn: list[tuple[int, bool]], ratio: float) -> None:
    """Tried one by one, with refusing everybody among them."""
    cases = [case(step / 6, good=good) for step, good in drawn]
    best = best_cut_off(cases, ratio)

    def cost(cut: float) -> float:
        policy = Policy("one", cut, cut)
        return expected_cost(cases, outcomes(policy, cases), ratio).value

    tried = [cost(cut) for cut in [*(one.probability for one in cases), math.inf]]
    assert best.cost == pytest.approx(min(tried))
    assert best.cost == pytest.approx(cost(best.approve_from))
