"""Commands about the challenger: have one score too, stop it, and compare what it scored."""

from collections.abc import Iterator

import click

from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.comparison import Comparison, compare
from creditapp.cli.errors import in_one_line
from creditapp.cli.registry import model_name, registry
from creditapp.exceptions import RefusedModel
from creditapp.identity import audit
from creditapp.intervals import Proportion
from creditapp.policy.definition import Outcome


@click.command()
@click.argument("version", required=False)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="The part of the decisions that it scores too.",
)
@click.option("--stop", is_flag=True, help="Let no challenger score any more.")
@click.option("--reason", required=True, help="Why; kept with the change.")
def challenge(version: str | None, share: float, stop: bool, reason: str) -> None:
    """Have a registered VERSION score live decisions too, after their answer; it decides nothing."""
    if stop == (version is not None):
        raise click.UsageError("either a VERSION is expected, or --stop")
    if not (reason := reason.strip()):
        raise click.UsageError("a reason is expected")
    with in_one_line():
        if version is None:
            challengers.stop(audit.operator(), reason)
            click.echo("no challenger scores from here on; what was scored is kept: flask compare")
            return
        bundle = registry().fetch_bundle(version)
        challengers.begin(model_name(), version, bundle, share, audit.operator(), reason)
    click.echo(f"version {version} scores {share:.0%} of decisions too, within a second")


@click.command("compare")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
def show_comparison(limit: int) -> None:
    """Compare the newest decisions that the challenger scored too with what it would have decided."""
    with in_one_line():
        challenger = challengers.newest()
        if challenger is None:
            raise RefusedModel("there never was a challenger: flask challenge VERSION")
        served, pairs = challenger_scores.pairs(challenger.id, limit)
    for line in _told(challenger, served, compare(pairs)):
        click.echo(line)


def _told(challenger: Challenger, served: str, found: Comparison | None) -> Iterator[str]:
    if found is None:
        yield f"version {challenger.model_version} has scored no decision yet"
        return
    yield f"challenger: version {challenger.model_version}, beside version {served}"
    yield f"decisions scored by both: {found.cases}, the newest; with 95 % intervals"
    yield _share("same decision", found.agreement)
    yield _share("same prediction", found.same_prediction)
    middle, high, most = found.distances
    means = f"{found.mean_difference:+.4f} on average, {found.mean_distance:.4f} either way"
    yield f"  score difference    {means}"
    yield f"                      median {middle:.4f}, 95 % within {high:.4f}, at most {most:.4f}"
    for decided in Outcome:
        for would_be in Outcome:
            if decided is not would_be and (share := found.table[decided, would_be]).count:
                yield _share(f"{decided} to {would_be}", share)
    if found.flipped:
        yield "decisions that would be others, the newest:"
    for one in found.flipped:
        yield (
            f"  {one.decision_id}  {one.served:.4f} {one.decided:<8} {one.challenger:.4f} {one.would_be}"
        )


def _share(name: str, share: Proportion) -> str:
    low, high = share.interval
    return (
        f"  {name:<20}{share.value:7.1%}  ({low:.1%} to {high:.1%}), {share.count} of {share.total}"
    )


COMMANDS = (challenge, show_comparison)
