"""The cut-off workbench: the policy in force beside one that is tried, for the page and the command."""

from collections.abc import Sequence
from dataclasses import dataclass

from creditapp.policy.definition import Policy
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


@dataclass(frozen=True)
class Comparison:
    """Two policies on the same cases."""

    cases: int
    in_force: Simulation
    tried: Simulation

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
        return Comparison(len(cases), *simulations)

    return Workbench(
        model_version=served.model_version,
        held_out=both(held_out),
        recorded=both(recorded_cases(served, most_recorded)),
        best=best_cut_off(held_out, costs.ratio),
        curve=cost_curve(held_out, costs.ratio),
    )
