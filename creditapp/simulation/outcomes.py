"""What a policy would do to known cases: rates, costs, profits, and approvals by group."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.applications.table import number_of
from creditapp.intervals import Mean, Proportion, mean_with_interval
from creditapp.policy.definition import Outcome, Policy
from creditapp.simulation.costs import (
    Costs,
    Flags,
    Floats,
    Treatment,
    cost_of_each,
    profit_of_each,
    reviewed_share,
    treatment,
)
from creditapp.simulation.cut_offs import count_from
from creditapp.simulation.groups import GroupTable, Members, approvals_by_group, find_members

CURVE_STEPS = 100


class Case(NamedTuple):
    """A scored application; `good` is the known outcome, `decision_id` the recorded decision, where known."""

    probability: float
    answers: Mapping[str, Answer]
    outside_training: bool
    good: bool | None = None
    decision_id: UUID | None = None


@dataclass(frozen=True)
class Sample:
    """Cases of one catalogue, and what every policy on them needs, made once."""

    catalogue: Catalogue
    cases: Sequence[Case]

    @cached_property
    def probabilities(self) -> Floats:
        """The probability of good credit of each case."""
        return np.array([case.probability for case in self.cases], np.float64)

    @cached_property
    def good(self) -> Flags:
        """Whether each case is known to be good."""
        return np.array([bool(case.good) for case in self.cases], bool)

    @cached_property
    def amounts(self) -> Floats | None:
        """The amount of each case, NaN where it is missing; none where the catalogue names no amount."""
        question = self.catalogue.by_name.get(self.catalogue.amount)
        if question is None:
            return None
        numbers = [number_of(self.catalogue, question, case.answers) for case in self.cases]
        return np.array([math.nan if one is None else one for one in numbers], np.float64)

    @cached_property
    def members(self) -> Sequence[Members]:
        """Which cases belong to which group of each protected answer."""
        return find_members(self.catalogue, [case.answers for case in self.cases])


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


def simulate(policy: Policy, sample: Sample, costs: Costs) -> Simulation:
    """Decide on each case by the policy, and sum up what that leads to."""
    outcomes = [_outcome(policy, sample.catalogue, case) for case in sample.cases]
    approve, refer = (_are(outcomes, kind) for kind in (Outcome.APPROVE, Outcome.REFER))
    what = treatment(approve, refer, sample.good, costs)
    return Simulation(
        policy=policy,
        outcomes=outcomes,
        rates={kind: Proportion(outcomes.count(kind), len(outcomes)) for kind in Outcome},
        groups=approvals_by_group(sample.members, approve),
        costs=cost_of_each(what, sample.good, costs).tolist(),
        profits=_profits(what, sample, costs),
        bad_among_approved=_bad_among_approved(sample.cases, outcomes),
        assumed=costs,
    )


def _are(outcomes: Sequence[Outcome], kind: Outcome) -> Flags:
    return np.array([outcome is kind for outcome in outcomes], bool)


def _profits(what: Treatment, sample: Sample, costs: Costs) -> list[float]:
    """The profit of each case that has an amount."""
    amounts = sample.amounts
    if amounts is None:
        return []
    known = ~np.isnan(amounts)
    made = Treatment(what.approved[known], what.reviewed[known])
    return list(profit_of_each(made, sample.good[known], amounts[known], costs).tolist())


def cost_curve(sample: Sample, ratio: float) -> list[Point]:
    """The cost of single cut-offs from 0 (approve everybody) to 1 (approve nobody)."""
    cut_offs = np.arange(CURVE_STEPS + 1) / CURVE_STEPS
    good, cases = sample.good, len(sample.cases)
    goods, bads = (count_from(cut_offs, sample.probabilities[kind]) for kind in (good, ~good))
    approved = goods + bads
    columns = (
        cut_offs,
        (ratio * bads + good.sum() - goods) / cases,
        approved / cases,
        bads / np.maximum(approved, 1.0),
    )
    return [Point(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


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
