"""What a policy would do to known cases: rates, costs, profits, and approvals by group."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.applications.table import number_of
from creditapp.intervals import Mean, Proportion, mean_with_interval
from creditapp.policy.definition import Outcome, Policy
from creditapp.simulation.costs import (
    Costs,
    Flags,
    Treatment,
    cost_of_each,
    profit_of_each,
    reviewed_share,
    treatment,
)
from creditapp.simulation.groups import GroupTable, approvals_by_group

CURVE_STEPS = 100


class Case(NamedTuple):
    """A scored application; `good` is the known outcome, `decision_id` the recorded decision, where known."""

    probability: float
    answers: Mapping[str, Answer]
    outside_training: bool
    good: bool | None = None
    decision_id: str = ""


class Point(NamedTuple):
    """A single cut-off without referrals: its mean cost, the rate approved, and the bad rate among them."""

    cut_off: float
    cost: float
    approved: float
    bad: float


@dataclass(frozen=True)
class Simulation:
    """What a policy would do to some cases, in their order.

    `costs` and `profits` are those of each case; no profits where the catalogue names no amount. Costs,
    profits and bad rate are only meaningful for cases whose outcome is known.
    """

    policy: Policy
    outcomes: Sequence[Outcome]
    rates: Mapping[Outcome, Proportion]
    groups: Sequence[GroupTable]
    costs: Sequence[float]
    profits: Sequence[float]
    bad_among_approved: Proportion
    assumed: Costs

    @property
    def cost(self) -> Mean:
        """The expected cost per applicant."""
        return mean_with_interval(self.costs, 0.0, self.highest_cost)

    @property
    def profit(self) -> Mean:
        """The expected profit per applicant, in the unit of the amount."""
        return mean_with_interval(self.profits, -math.inf, math.inf)

    @property
    def highest_cost(self) -> float:
        """What one case can cost at most."""
        return max(self.assumed.cost_ratio, 1.0) + self.assumed.referral_cost

    @property
    def not_reviewed(self) -> Proportion:
        """The referrals that are over the capacity, and are declined."""
        referred, cases = self.rates[Outcome.REFER].count, len(self.outcomes)
        over = referred * (1 - reviewed_share(referred, cases, self.assumed))
        return Proportion(round(over), referred)


def simulate(
    policy: Policy, catalogue: Catalogue, cases: Sequence[Case], costs: Costs
) -> Simulation:
    """Decide on each case by the policy, and sum up what that leads to.

    `catalogue` is that of the cases.
    """
    outcomes = [_outcome(policy, catalogue, case) for case in cases]
    good = np.array([bool(case.good) for case in cases], bool)
    approve, refer = (_are(outcomes, kind) for kind in (Outcome.APPROVE, Outcome.REFER))
    what = treatment(approve, refer, good, costs)
    return Simulation(
        policy=policy,
        outcomes=outcomes,
        rates={kind: Proportion(outcomes.count(kind), len(outcomes)) for kind in Outcome},
        groups=approvals_by_group(catalogue, [case.answers for case in cases], approve.tolist()),
        costs=cost_of_each(what, good, costs).tolist(),
        profits=_profits(what, good, catalogue, cases, costs),
        bad_among_approved=_bad_among_approved(cases, outcomes),
        assumed=costs,
    )


def _are(outcomes: Sequence[Outcome], kind: Outcome) -> Flags:
    return np.array([outcome is kind for outcome in outcomes], bool)


def _profits(
    what: Treatment, good: Flags, catalogue: Catalogue, cases: Sequence[Case], costs: Costs
) -> list[float]:
    """The profit of each case that has an amount."""
    question = catalogue.by_name.get(catalogue.amount)
    if question is None:
        return []
    numbers = [number_of(catalogue, question, case.answers) for case in cases]
    amounts = np.array([math.nan if one is None else one for one in numbers], float)
    known = ~np.isnan(amounts)
    made = Treatment(what.approved[known], what.reviewed[known])
    return list(profit_of_each(made, good[known], amounts[known], costs).tolist())


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
