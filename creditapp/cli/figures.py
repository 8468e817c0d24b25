"""Figures with their intervals as the commands print them."""

from creditapp.intervals import Mean, Proportion


def proportion(name: str, value: Proportion) -> str:
    """A line with a proportion, its 95 % interval, and its counts."""
    if not value.total:
        return f"  {name:<20} none"
    low, high = value.interval
    interval = f"({low:.1%} to {high:.1%})"
    return f"  {name:<20}{value.value:7.1%}  {interval}, {value.count} of {value.total}"


def mean(name: str, value: Mean, decimals: int = 3) -> str:
    """A line with a mean and its 95 % interval."""
    low, high = value.interval
    return f"  {name:<20}{value.value:7.{decimals}f}  ({low:.{decimals}f} to {high:.{decimals}f})"
