"""Figures with their intervals as the commands print them."""

from creditapp.intervals import Proportion
from creditapp.simulation.outcomes import MeanCost


def proportion(name: str, value: Proportion) -> str:
    """A line with a proportion, its 95 % interval, and its counts."""
    if not value.total:
        return f"  {name:<20} none"
    low, high = value.interval
    interval = f"({low:.1%} to {high:.1%})"
    return f"  {name:<20}{value.value:7.1%}  {interval}, {value.count} of {value.total}"


def mean_cost(name: str, cost: MeanCost) -> str:
    """A line with a mean cost and its 95 % interval."""
    low, high = cost.interval
    return f"  {name:<20}{cost.value:7.3f}  ({low:.3f} to {high:.3f})"
