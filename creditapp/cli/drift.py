"""The command that reports drift."""

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.drift import watch as drift_watch


@click.command("drift")
@click.option("--days", type=click.IntRange(1, 3660), default=drift_watch.DAYS, show_default=True)
def report_drift(days: int) -> None:
    """Compare recent decisions with the population the served model was trained on."""
    with errors_in_one_line():
        report = drift_watch.look(days)
    click.echo(f"model version {report.model_version}, {report.cases} decisions in {days} days")
    click.echo(f"{'index':>7}{'watch':>7}{'shift':>7}  state")
    for drift in report.drifts:
        limits = f"{drift.index:7.3f}{drift.watch_from:7.3f}{drift.shifted_from:7.3f}"
        click.echo(f"{limits}  {drift.state:<22} {drift.name}")


COMMANDS = (report_drift,)
