"""The commands of the challenger: let a version score in the shadow, stop it, and compare."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from creditapp.challenger import assignments
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.by_outcome import compare_by_outcome
from creditapp.challenger.comparison import Comparison, compare
from creditapp.challenger.judged import judged_pairs
from creditapp.cli import by_outcome
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.figures import proportion
from creditapp.cli.registry import open_registry
from creditapp.cli.serving import for_child_processes
from creditapp.cli.texts import REASON
from creditapp.exceptions import RefusedModel
from creditapp.identity.actors import Actor
from creditapp.policy.definition import Outcome
from creditapp.serving import cache as model_cache


@click.command()
@click.argument("version", required=False)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="The share of decisions that it scores too.",
)
@click.option("--stop", is_flag=True, help="Stop the challenger.")
@click.option("--reason", type=REASON, required=True, help="Why; kept with the change.")
@for_child_processes
def challenge(version: str | None, share: float, stop: bool, reason: str, **given: Any) -> None:
    """Let a registered VERSION score live decisions in the shadow; it decides nothing."""
    if stop == (version is not None):
        raise click.UsageError("give either a VERSION or --stop")
    as_json, by = given["as_json"], Actor(given["actor"], given["request_id"])
    with errors_in_one_line(as_json=as_json):
        if version is None:
            assignments.stop(by, reason)
            _say("the challenger has stopped; its scores are kept: flask compare", as_json)
            return
        registry = open_registry()
        bundle = registry.fetch_bundle(version)
        assignments.begin(registry.model_name, version, bundle, share, by, reason)
    _say(f"version {version} scores {share:.0%} of decisions too, within a second", as_json)


def _say(text: str, as_json: bool) -> None:
    click.echo(json.dumps({"message": text}) if as_json else text)


@click.command("compare")
@click.argument("version", default="")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
def print_comparison(version: str, limit: int) -> None:
    """Compare the challenger with the served model on the newest decisions that both scored.

    It is the last challenger, or the last with VERSION. By outcome, the newest mature decisions are compared.
    """
    with errors_in_one_line():
        challenger = _find(version)
        served, pairs = challenger_scores.pairs(challenger.id, limit)
        unfit = challenger_scores.count_unfit(challenger.id)
        judged = list(_by_outcome(challenger, limit))
    for line in [*_lines(challenger, served, compare(pairs)), *judged]:
        click.echo(line)
    if unfit:
        click.echo(f"could not be scored, as its inputs do not fit the challenger: {unfit}")


def _find(version: str) -> Challenger:
    challenger = assignments.newest(version)
    if challenger is None:
        never = (
            f"version {version} was never the challenger"
            if version
            else "there was no challenger yet"
        )
        raise RefusedModel(f"{never}; run: flask challenge VERSION")
    return challenger


def _by_outcome(challenger: Challenger, limit: int) -> Iterator[str]:
    model = model_cache.current()
    performance = model.catalogue.performance
    served, pairs = judged_pairs(
        challenger.id, model.deployment.portfolio, performance, datetime.now(UTC), limit
    )
    return by_outcome.lines(compare_by_outcome(pairs), served, performance)


def _lines(challenger: Challenger, served: str, comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        yield f"version {challenger.model_version} has scored no decision yet"
        return
    yield f"challenger: version {challenger.model_version}, compared with version {served}"
    yield f"newest decisions scored by both: {comparison.cases}; with 95 % intervals"
    yield proportion("same decision", comparison.agreement)
    yield proportion("same prediction", comparison.same_prediction)
    median, high, largest = comparison.distances
    mean = f"{comparison.mean_difference:+.4f}"
    yield f"  score difference    {mean} on average, {comparison.mean_distance:.4f} absolute"
    yield f"                      median {median:.4f}, 95 % within {high:.4f}, at most {largest:.4f}"
    for decided in Outcome:
        for would_be in Outcome:
            cell = comparison.table[decided, would_be]
            if decided is not would_be and cell.count:
                yield proportion(f"{decided} to {would_be}", cell)
    if comparison.flipped:
        yield "newest decisions that would be different:"
    for pair in comparison.flipped:
        served_side = f"{pair.served:.4f} {pair.decided:<8}"
        yield f"  {pair.decision_id}  {served_side} {pair.challenger:.4f} {pair.would_be}"


COMMANDS = (challenge, print_comparison)
