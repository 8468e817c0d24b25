"""What a policy would do to cases: outcomes, costs, approvals by age, changes, and single cut-offs."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from creditapp.intervals import Proportion
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.simulation.costs import Costs
from creditapp.simulation.groups import Group
from creditapp.simulation.outcomes import Case, Sample, Simulation, cost_curve, simulate
from creditapp.simulation.workbench import Change, Comparison
from tests.portfolios import EXAMPLE, GERMAN


def case(
    probability: float,
    age: int = 30,
    *,
    good: bool | None = True,
    outside: bool = False,
) -> Case:
    """A case with the example's answers, except for the age."""
    return Case(probability, {**EXAMPLE, "Age in years": age}, outside, good)


def simulated(cases: list[Case], costs: Costs | None = None) -> Simulation:
    """The default policy on some cases."""
    return simulate(DEFAULT_POLICY, Sample(GERMAN, cases), costs or Costs())


def age_bands(cases: list[Case]) -> Sequence[Group]:
    """The groups of the first protected answer, the age, under the default policy."""
    [table, *_] = simulated(cases).groups
    assert table.question.name == "Age in years"
    return table.groups


def test_cases_are_decided_by_cut_offs_rules_and_the_training_data() -> None:
    """Approve, refer for an unseen answer, refer, decline; a rule declines all."""
    cases = [case(0.9), case(0.9, outside=True), case(0.5), case(0.1)]
    simulation = simulated(cases)
    assert simulation.outcomes == ["approve", "refer", "refer", "decline"]
    assert simulation.rates == {
        "approve": Proportion(1, 4),
        "refer": Proportion(2, 4),
        "decline": Proportion(1, 4),
    }
    rule = Rule("Purpose", Outcome.DECLINE, "no", codes=("A43",))
    outcomes = simulate(Policy("x", rules=(rule,)), Sample(GERMAN, cases), Costs()).outcomes
    assert outcomes == ["decline"] * 4


def test_no_cases_give_nan() -> None:
    """Zeros would look like results."""
    simulation = simulated([])
    assert math.isnan(simulation.cost.value)
    assert simulation.cost.interval == (0.0, 5.1)


def assumed(**given: Any) -> Costs:
    """Reviews without errors and without a limit, with other assumptions."""
    return Costs(**{"bad_approved": 0.0, "good_declined": 0.0, "capacity": 1.0, **given})


def test_costs_are_those_worked_out_by_hand() -> None:
    """One bad credit approved (5), one good one declined (1), one referred (0.5), one good one approved."""
    cases = [case(0.9, good=False), case(0.1), case(0.5), case(0.9), case(0.1, good=False)]
    for given, total in (
        ({"referral_cost": 0.5}, 6.5),
        ({"referral_cost": 0}, 6),
        ({"cost_ratio": 2, "referral_cost": 3}, 6),
    ):
        assert simulated(cases, assumed(**given)).cost.value == pytest.approx(total / 5)


def test_a_review_costs_its_errors_too() -> None:
    """By hand: a review of 0.1; a bad credit is approved in 0.2 (5 each), a good one declined in 0.3."""
    costs = assumed(referral_cost=0.1, bad_approved=0.2, good_declined=0.3)
    simulation = simulated([case(0.5), case(0.5, good=False)], costs)
    assert simulation.costs == pytest.approx([0.1 + 0.3, 0.1 + 0.2 * 5])


def test_referrals_over_the_capacity_are_declined() -> None:
    """By hand: people can review 1 of 4, and 2 are referred: each is declined with probability 1/2."""
    cases = [case(0.5), case(0.5, good=False), case(0.9), case(0.9)]
    simulation = simulated(cases, assumed(referral_cost=0.2, capacity=0.25))
    assert simulation.not_reviewed == Proportion(1, 2)
    assert simulation.costs == pytest.approx([0.5 * 0.2 + 0.5 * 1, 0.5 * 0.2, 0, 0])
    enough = simulated(cases, assumed(referral_cost=0.2, capacity=0.5))
    assert enough.not_reviewed == Proportion(0, 2)


def test_profits_follow_the_amount() -> None:
    """By hand: 5000 earn 500 or lose 2500; a review costs 0.1 of the margin of 500."""
    costs = assumed(referral_cost=0.1, bad_approved=0.2, good_declined=0.3, margin=0.1, loss=0.5)
    cases = [case(0.9), case(0.9, good=False), case(0.1), case(0.5), case(0.5, good=False)]
    assert simulated(cases, costs).profits == pytest.approx(
        [500, -2500, 0, 0.7 * 500 - 50, -0.2 * 2500 - 50]
    )


def test_two_policies_are_compared_case_by_case() -> None:
    """By hand: the differences are 1, 0, 0, 0, of mean 0.25 and deviation 0.5; 1.96 * 0.5 / 2 = 0.48999."""
    cases = [case(0.75), case(0.9), case(0.9), case(0.9, good=False)]
    policies = (Policy("x", 0.7, 0.7), Policy("y", 0.8, 0.8))
    comparison = Comparison(
        cases, *(simulate(one, Sample(GERMAN, cases), assumed()) for one in policies)
    )
    assert comparison.cost_difference.value == pytest.approx(0.25)
    assert comparison.cost_difference.interval == pytest.approx((-0.23999, 0.73999), abs=1e-5)
    assert comparison.profit_difference.value == pytest.approx(-500 / 4)


def test_the_interval_of_the_mean_cost_is_the_normal_one() -> None:
    """By hand: costs 5, 0, 0, 0 have mean 1.25 and deviation 2.5; 1.25 + 1.96 * 2.5 / 2 = 3.69995."""
    cases = [case(0.9, good=False), case(0.9), case(0.9), case(0.9)]
    assert simulated(cases).cost.interval == pytest.approx((0.0, 3.69995), abs=1e-5)


def test_bad_credits_are_counted_among_the_approved() -> None:
    """One of two approved credits is bad; the bad credit that is declined does not count."""
    cases = [case(0.9, good=False), case(0.9), case(0.1, good=False)]
    assert simulated(cases).bad_among_approved == Proportion(1, 2)


def test_a_change_is_a_case_that_both_policies_decide_differently() -> None:
    """0.75 is approved from 0.7 on, and referred if approval begins at 0.8; 0.9 and 0.1 stay."""
    cases = [case(0.9), case(0.75), case(0.1)]
    in_force, tried = (
        simulate(Policy("x", low), Sample(GERMAN, cases), Costs()) for low in (0.7, 0.8)
    )
    comparison = Comparison(cases, in_force, tried)
    assert comparison.changes == [Change(cases[1], Outcome.APPROVE, Outcome.REFER)]
    assert Comparison(cases, tried, tried).changes == []


def test_age_bands_are_compared_with_the_band_approved_most() -> None:
    """By hand: 3 of 10, 6 of 10, and a band that is too small to be the reference."""
    young = [case(0.9, 20)] * 3 + [case(0.1, 24)] * 7
    middle = [case(0.9, 25)] * 6 + [case(0.5, 34)] * 4
    few = [case(0.9, 70)] * 2
    bands = age_bands([*young, *middle, *few])
    assert [band.approved for band in bands] == [
        Proportion(3, 10),
        Proportion(6, 10),
        Proportion(0, 0),
        Proportion(0, 0),
        Proportion(2, 2),
    ]
    assert [band.is_low for band in bands] == [True, False, False, False, False]
    assert bands[0].impact_ratio == pytest.approx(0.5)
    assert math.isnan(bands[2].impact_ratio)


def test_an_impact_ratio_of_exactly_four_fifths_is_not_low() -> None:
    """8 of 10 approved, where the reference approves 10 of 10."""
    young = [case(0.9, 20)] * 8 + [case(0.1, 20)] * 2
    bands = age_bands([*young, *[case(0.9, 30)] * 10])
    assert bands[0].impact_ratio == pytest.approx(0.8)
    assert not bands[0].is_low


def test_the_curve_goes_from_approving_everybody_to_nobody() -> None:
    """At 0 all bad credits cost 5 each; at 1 all good ones cost 1 each; at 0.7 only one good one is lost."""
    points = cost_curve(Sample(GERMAN, [case(0.9), case(0.6, good=False), case(0.2)]), 5)
    assert len(points) == 101
    assert points[0] == (0.0, pytest.approx(5 / 3), 1.0, pytest.approx(1 / 3))
    assert points[-1] == (1.0, pytest.approx(2 / 3), 0.0, 0.0)
    assert points[70].cost == pytest.approx(1 / 3)
