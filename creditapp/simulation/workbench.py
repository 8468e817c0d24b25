"""The cut-off workbench: the policy in force beside one that is tried, for the page and the command."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from creditapp.intervals import Mean, mean_with_interval
from creditapp.policy.definition import Outcome, Policy
from creditapp.serving.served_model import ServedModel
from creditapp.simulation.cases import held_out_cases, recorded_cases
from creditapp.simulation.costs import Costs
from creditapp.simulation.cut_offs import Chosen, choose_pair, choose_single, chosen_in_folds
from creditapp.simulation.outcomes import (
    Case,
    Point,
    Sample,
    Simulation,
    cost_curve,
    simulate,
)


class Change(NamedTuple):
    """A case that both policies decide differently; `before` is the outcome under the policy in force."""

    case: Case
    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class Comparison:
    """Two policies on the same cases."""

    cases: Sequence[Case]
    in_force: Simulation
    tried: Simulation

    @property
    def changes(self) -> list[Change]:
        """The cases that the tried policy decides differently than the policy in force."""
        # why: not than the recorded decisions, of which older policies made some.
        pairs = zip(self.cases, self.in_force.outcomes, self.tried.outcomes, strict=True)
        return [Change(case, before, after) for case, before, after in pairs if before != after]

    @property
    def both(self) -> tuple[Simulation, Simulation]:
        """The policy in force, then the one that is tried."""
        return self.in_force, self.tried

    @property
    def cost_difference(self) -> Mean:
        """How much more the tried policy costs per applicant, with the interval of the paired differences."""
        limit = max(one.highest_cost for one in self.both)
        return _difference(self.tried.costs, self.in_force.costs, limit)

    @property
    def profit_difference(self) -> Mean:
        """How much more the tried policy earns per applicant, with the interval of the paired differences."""
        return _difference(self.tried.profits, self.in_force.profits, math.inf)


def _difference(after: Sequence[float], before: Sequence[float], limit: float) -> Mean:
    pairs = zip(after, before, strict=True)
    return mean_with_interval([one - other for one, other in pairs], -limit, limit)


@dataclass(frozen=True)
class Workbench:
    """Both policies on hold-out rows and on recorded decisions, and the cut-offs of least cost.

    The cut-offs of least cost and the curve are those of the hold-out rows, without rules.
    """

    model_version: str
    held_out: Comparison
    recorded: Comparison
    single: Chosen
    pair: Chosen
    curve: Sequence[Point]


def compare(
    in_force: Policy, tried: Policy, costs: Costs, served: ServedModel, most_recorded: int
) -> Workbench:
    """Try a policy on the served model's hold-out rows and on its newest recorded decisions.

    Raises:
        BrokenBundle: the stored bundle was altered.
        DatabaseUnavailable: the database cannot be read.
    """
    held_out = Sample(served.catalogue, held_out_cases(served))
    recorded = Sample(served.catalogue, recorded_cases(served, most_recorded))
    known = (held_out.probabilities, held_out.good, costs)

    def both(sample: Sample) -> Comparison:
        simulations = (simulate(policy, sample, costs) for policy in (in_force, tried))
        return Comparison(sample.cases, *simulations)

    return Workbench(
        model_version=served.model_version,
        held_out=both(held_out),
        recorded=both(recorded),
        single=chosen_in_folds(choose_single, *known),
        pair=chosen_in_folds(choose_pair, *known),
        curve=cost_curve(held_out, costs.cost_ratio),
    )
