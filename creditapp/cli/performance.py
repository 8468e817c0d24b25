"""The command that says how decisions turned out."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.outcomes.judged import Wanted
from creditapp.outcomes.standing import Standing
from creditapp.performance import report, watch
from creditapp.performance.estimates import Check
from creditapp.performance.measures import Band, Figures
from creditapp.performance.recent import Limited
from creditapp.performance.report import Report, Row
from creditapp.serving import cache as model_cache

MEASURES = {
    "estimated_auc": "estimated AUC of applicants",
    "bad_rate": "bad rate of mature credits",
    "auc": "AUC of mature credits",
}


@click.command("performance")
@click.option("--model", default="", metavar="VERSION", help="Only decisions of this version.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only decisions since this day (UTC)."
)
def report_performance(model: str, since: datetime | None) -> None:
    """Compare what became of the decisions of the served portfolio with what was predicted.

    Without options, the page /performance shows the new figures from then on.
    """
    with errors_in_one_line():
        served = model_cache.current()
        now = datetime.now(UTC)
        if model or since:
            first = since.replace(tzinfo=UTC) if since else None
            wanted = Wanted(served.deployment.portfolio, model, first)
            made = report.make(report.read_cases(wanted, served.catalogue, now), served, now)
        else:
            made = watch.make(now)[""]
    definition = served.catalogue.performance
    click.echo(f"bad: {', '.join(definition.bad)} within {definition.window_months} months")
    _print(made)


def _print(made: Report) -> None:
    overall = made.overall
    click.echo(
        ", ".join(f"{number:,} {one}" for one, number in zip(Standing, overall, strict=False))
    )
    if overall.mature:
        _print_measures(overall)
        _print_bands(made.bands)
    else:
        click.echo("nothing is mature yet: no window has ended, or nothing was taken up")
    _print_months(made.months)
    if made.check:
        _print_check(made.check)
    for name, one in made.recent._asdict().items():
        _print_recent(MEASURES[name], one)


def _print_measures(overall: Figures) -> None:
    low, high = overall.realised.interval
    click.echo(
        f"bad rate: {overall.realised.value:.1%} ({low:.1%} to {high:.1%}), predicted "
        f"{overall.predicted:.1%}; Brier score {overall.brier:.3f}"
    )
    click.echo(
        f"ROC AUC: {overall.auc:.3f} ({overall.auc_low:.3f} to {overall.auc_high:.3f}), estimated "
        f"{overall.estimated_auc:.3f}; KS {overall.ks:.3f}"
    )


def _print_bands(bands: Iterable[Band]) -> None:
    click.echo("   predicted bad     mean   realised   95 % interval     decisions")
    for band in bands:
        low, high = band.realised.interval
        click.echo(
            f"{band.low:7.1%} to {band.high:6.1%}  {band.predicted:6.1%}  {band.realised.value:9.1%}  "
            f"{low:6.1%} to {high:6.1%}  {band.cases:10,}{'  off' if band.is_off else ''}"
        )


def _print_months(months: Iterable[Row]) -> None:
    click.echo("month     taken up   mature   predicted   realised   AUC estimated   realised")
    for label, one in months:
        realised = f"{one.realised.value:10.1%} {one.auc:15.3f}" if one.mature else ""
        estimated = f"{one.estimated_auc:.3f}"
        predicted = f"{one.predicted:.1%}" if one.mature else ""
        click.echo(
            f"{label}  {one.mature + one.not_mature:9,} {one.mature:8,} {predicted:>11} "
            f"{realised[:10]:>10} {estimated:>15} {realised[10:]:>10}".rstrip()
        )


def _print_check(check: Check) -> None:
    low, high = check.auc.interval
    click.echo(
        f"check of the estimate on {check.cases:,} rows held out: AUC estimated "
        f"{check.estimated_auc:.3f}, true {check.auc.value:.3f} ({low:.3f} to {high:.3f})"
        f"{'' if check.holds else '; do not rely on the estimate'}"
    )


def _print_recent(name: str, one: Limited) -> None:
    if one.value != one.value:
        click.echo(f"newest {one.cases:,}: {name}: not enough cases yet")
        return
    highest = "" if one.highest != one.highest else f" to {one.highest:.3f}"
    outside = "; OUTSIDE" if one.is_outside else ""
    click.echo(
        f"newest {one.cases:,}: {name} {one.value:.3f}, expected from {one.lowest:.3f}{highest}{outside}"
    )


COMMANDS = (report_performance,)
