"""What a policy would do to known cases: rates, costs, approvals by group, and the best single cut-off."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.intervals import Interval, Proportion, mean_interval
from creditapp.policy.definition import Outcome, Policy
from creditapp.simulation.groups import GroupTable, approvals_by_group

CURVE_STEPS = 100


class Case(NamedTuple):
    """A scored application; `good` is the known outcome, `decision_id` the recorded decision, where known."""

    probability: float
    answers: Mapping[str, Answer]
    outside_training: bool
    good: bool | None = None
    decision_id: str = ""


@dataclass(frozen=True)
class Costs:
    """The cost of an approved bad credit and of a referral; a declined good credit costs 1."""

    ratio: float = 5.0
    referral: float = 0.0


@dataclass(frozen=True)
class MeanCost:
    """A mean cost per applicant, and its 95 % interval by the normal approximation."""

    value: float
    interval: Interval


class CutOff(NamedTuple):
    """Approve at or above this probability, decline below; with its mean cost. Infinity: approve nobody."""

    approve_from: float
    cost: float


class Point(NamedTuple):
    """A single cut-off without referrals: its mean cost, the rate approved, and the bad rate among them."""

    cut_off: float
    cost: float
    approved: float
    bad: float


@dataclass(frozen=True)
class Simulation:
    """What a policy would do to some cases, in their order.

    Cost and bad rate are only meaningful for cases whose outcome is known.
    """

    policy: Policy
    outcomes: Sequence[Outcome]
    rates: Mapping[Outcome, Proportion]
    groups: Sequence[GroupTable]
    cost: MeanCost
    bad_among_approved: Proportion


def simulate(
    policy: Policy, catalogue: Catalogue, cases: Sequence[Case], costs: Costs
) -> Simulation:
    """Decide on each case by the policy, and sum up what that leads to.

    `catalogue` is that of the cases.
    """
    outcomes = [_outcome(policy, catalogue, case) for case in cases]
    return Simulation(
        policy=policy,
        outcomes=outcomes,
        rates={kind: Proportion(outcomes.count(kind), len(outcomes)) for kind in Outcome},
        groups=approvals_by_group(
            catalogue,
            [case.answers for case in cases],
            [outcome is Outcome.APPROVE for outcome in outcomes],
        ),
        cost=_mean_cost(cases, outcomes, costs),
        bad_among_approved=_bad_among_approved(cases, outcomes),
    )


def best_cut_off(cases: Sequence[Case], ratio: float) -> CutOff:
    """The single cut-off without referrals that costs least on these cases; of several, the highest."""
    # why: each step lowers the cut-off to the next probability, so one pass over the sorted cases tries
    # every cut-off.
    total = float(sum(bool(case.good) for case in cases))
    best, lowest = math.inf, total
    ordered = sorted(cases, key=lambda case: -case.probability)
    for place, case in enumerate(ordered, 1):
        total += -1.0 if case.good else ratio
        is_last_of_equals = place == len(ordered) or ordered[place].probability < case.probability
        if is_last_of_equals and total < lowest:
            best, lowest = case.probability, total
    return CutOff(best, lowest / len(cases) if cases else math.nan)


def cost_curve(cases: Sequence[Case], ratio: float) -> list[Point]:
    """The cost of single cut-offs from 0 (approve everybody) to 1 (approve nobody)."""
    return [_point(cases, step / CURVE_STEPS, ratio) for step in range(CURVE_STEPS + 1)]


def _outcome(policy: Policy, catalogue: Catalogue, case: Case) -> Outcome:
    return policy.outcome(
        policy.risk_level(case.probability),
        catalogue,
        case.answers,
        outside_training=case.outside_training,
    )


def _bad_among_approved(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Proportion:
    pairs = zip(cases, outcomes, strict=True)
    approved = [case.good for case, outcome in pairs if outcome is Outcome.APPROVE]
    return Proportion(approved.count(False), len(approved))


def _mean_cost(cases: Sequence[Case], outcomes: Sequence[Outcome], costs: Costs) -> MeanCost:
    # why: a referral costs only the reviewer's time, as the reviewer is assumed to decide correctly.
    values = [_cost(case, outcome, costs) for case, outcome in zip(cases, outcomes, strict=True)]
    highest = max(costs.ratio, costs.referral, 1.0)
    mean = fmean(values) if values else math.nan
    return MeanCost(mean, mean_interval(values, 0.0, highest))


def _cost(case: Case, outcome: Outcome, costs: Costs) -> float:
    match outcome:
        case Outcome.APPROVE:
            return 0.0 if case.good else costs.ratio
        case Outcome.REFER:
            return costs.referral
        case Outcome.DECLINE:
            return 1.0 if case.good else 0.0


def _point(cases: Sequence[Case], cut_off: float, ratio: float) -> Point:
    approved = [case for case in cases if case.probability >= cut_off]
    bad = sum(not case.good for case in approved)
    declined_good = sum(bool(case.good) for case in cases) - (len(approved) - bad)
    return Point(
        cut_off,
        (ratio * bad + declined_good) / len(cases),
        len(approved) / len(cases),
        bad / len(approved) if approved else 0.0,
    )
