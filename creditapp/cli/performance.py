"""The command that says how decisions turned out."""

from datetime import UTC, datetime

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.outcomes import performance
from creditapp.outcomes.judged import Wanted
from creditapp.outcomes.performance import Realised
from creditapp.outcomes.standing import Standing
from creditapp.serving import cache as model_cache


@click.command("performance")
@click.option("--model", default="", metavar="VERSION", help="Only decisions of this version.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only decisions since this day (UTC)."
)
def report_performance(model: str, since: datetime | None) -> None:
    """Compare what became of the decisions of the served portfolio with what was predicted."""
    with errors_in_one_line():
        served = model_cache.current()
        wanted = Wanted(
            served.deployment.portfolio, model, since.replace(tzinfo=UTC) if since else None
        )
        definition = served.catalogue.performance
        realised = performance.look(wanted, definition, datetime.now(UTC))
    bad = ", ".join(definition.bad)
    click.echo(f"bad: {bad} within {definition.window_months} months")
    click.echo(", ".join(f"{realised.counts[one]:,} {one}" for one in Standing))
    if realised.bad.total:
        _print(realised)
    else:
        click.echo("nothing is mature yet: no window has ended, or nothing was taken up")


def _print(realised: Realised) -> None:
    low, high = realised.bad.interval
    click.echo(
        f"bad rate: {realised.bad.value:.1%} ({low:.1%} to {high:.1%}), predicted "
        f"{realised.predicted_bad:.1%}; Brier score {realised.brier:.3f}"
    )
    low, high = realised.auc.interval
    click.echo(f"ROC AUC: {realised.auc.value:.3f} ({low:.3f} to {high:.3f}); KS {realised.ks:.3f}")
    click.echo("   predicted bad     mean   realised   95 % interval     decisions")
    for band in realised.bands:
        low, high = band.realised.interval
        click.echo(
            f"{band.low:7.1%} to {band.high:6.1%}  {band.predicted:6.1%}  {band.realised.value:9.1%}  "
            f"{low:6.1%} to {high:6.1%}  {band.realised.total:10,}{'  off' if band.is_off else ''}"
        )


COMMANDS = (report_performance,)
