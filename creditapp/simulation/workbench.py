"""The cut-off workbench: the policy in force beside one that is tried, for the page and the command."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from creditapp.policy.definition import Outcome, Policy
from creditapp.serving.served_model import ServedModel
from creditapp.simulation.cases import held_out_cases, recorded_cases
from creditapp.simulation.outcomes import (
    Case,
    Costs,
    CutOff,
    Point,
    Simulation,
    best_cut_off,
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


@dataclass(frozen=True)
class Workbench:
    """Both policies on hold-out rows and on recorded decisions, and single cut-offs on the hold-out rows."""

    model_version: str
    held_out: Comparison
    recorded: Comparison
    best: CutOff
    curve: Sequence[Point]


def compare(
    in_force: Policy, tried: Policy, costs: Costs, served: ServedModel, most_recorded: int
) -> Workbench:
    """Try a policy on the served model's hold-out rows and on its newest recorded decisions.

    Raises:
        BrokenBundle: the stored bundle was altered.
        DatabaseUnavailable: the database cannot be read.
    """
    held_out = held_out_cases(served)

    def both(cases: Sequence[Case]) -> Comparison:
        simulations = (
            simulate(policy, served.catalogue, cases, costs) for policy in (in_force, tried)
        )
        return Comparison(cases, *simulations)

    return Workbench(
        model_version=served.model_version,
        held_out=both(held_out),
        recorded=both(recorded_cases(served, most_recorded)),
        best=best_cut_off(held_out, costs.ratio),
        curve=cost_curve(held_out, costs.ratio),
    )
