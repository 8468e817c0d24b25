"""The lines that `flask policy simulate` prints, and its options for what is assumed."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import click

from creditapp.cli.figures import mean, proportion
from creditapp.intervals import Mean, Proportion
from creditapp.simulation.costs import ASSUMPTIONS
from creditapp.simulation.cut_offs import Chosen
from creditapp.simulation.outcomes import Simulation
from creditapp.simulation.workbench import Comparison, Workbench


def assumption_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for each number that the workbench assumes."""
    for one in reversed(ASSUMPTIONS):
        command = click.option(
            f"--{one.name.replace('_', '-')}",
            type=click.FloatRange(0, one.highest),
            default=one.default,
            show_default=True,
            help=f"{one.label}.",
        )(command)
    return command


def lines_of(workbench: Workbench) -> Iterator[str]:
    """What both policies would do on the hold-out rows and on recorded decisions."""
    yield from _on_held_out(workbench)
    yield from _on_recorded(workbench.recorded)


def _on_held_out(workbench: Workbench) -> Iterator[str]:
    comparison = workbench.held_out
    tried = comparison.tried
    yield f"hold-out rows: {len(comparison.cases)}, with 95 % intervals"
    yield from _rates(tried)
    yield proportion("bad among approved", tried.bad_among_approved)
    yield from _compared("cost per applicant", [one.cost for one in comparison.both])
    yield mean("  difference", comparison.cost_difference)
    if tried.profits:
        yield from _compared("profit per applicant", [one.profit for one in comparison.both], 2)
        yield mean("  difference", comparison.profit_difference, 2)
    yield from _assumed(tried)
    if tried.not_reviewed.count:
        over = tried.not_reviewed
        yield f"  over the capacity: {over.count} of {over.total} referrals; they count as declined"
    yield "  cut-offs with the lowest cost, without rules; chosen inside folds, measured on the rest:"
    yield from _chosen("without referrals", workbench.single)
    yield from _chosen("with referrals", workbench.pair)


def _compared(name: str, values: list[Mean], decimals: int = 3) -> Iterator[str]:
    before, after = values
    yield mean(name, after, decimals)
    yield mean("  in force", before, decimals)


def _assumed(tried: Simulation) -> Iterator[str]:
    yield "  assumed, where a declined good credit costs 1:"
    for one in ASSUMPTIONS:
        yield f"    {one.label}: {getattr(tried.assumed, one.name):g}"


def _chosen(name: str, chosen: Chosen) -> Iterator[str]:
    approve, refer = map(_cut_off, chosen.cut_offs, chosen.lowest, chosen.highest)
    referred = "" if approve == refer else f"refer from {refer}, "
    yield f"    {name}: approve from {approve}, {referred}decline below"
    low, high = chosen.cost.interval
    yield (
        f"      {chosen.cost.value:.3f} per applicant ({low:.3f} to {high:.3f}); "
        f"{chosen.same_rows:.3f} on the rows that it was chosen on"
    )


def _cut_off(value: float, lowest: float, highest: float) -> str:
    """A cut-off, and the lowest and highest one of the folds."""
    return f"{_number(value)} (in the folds {_number(lowest)} to {_number(highest)})"


def _number(cut_off: float) -> str:
    return "above 1" if math.isinf(cut_off) else f"{cut_off:.3f}"


def _on_recorded(recorded: Comparison) -> Iterator[str]:
    total = len(recorded.cases)
    yield f"recorded decisions: {total}, the newest of the served deployment"
    yield from _rates(recorded.tried)
    yield proportion("would change", Proportion(len(recorded.changes), total))
    counts = Counter((change.before.value, change.after.value) for change in recorded.changes)
    for (before, after), count in sorted(counts.items()):
        yield f"    {before} to {after}: {count}"


def _rates(simulation: Simulation) -> Iterator[str]:
    for outcome, rate in simulation.rates.items():
        yield proportion(outcome.value, rate)
