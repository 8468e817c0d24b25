"""The command that reports drift."""

from datetime import UTC, datetime

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.drift import keeping
from creditapp.drift.look import DAYS, Look, look
from creditapp.drift.measures import Measure
from creditapp.drift.psi import SCORE, State
from creditapp.serving import cache as model_cache


@click.command("drift")
@click.option("--days", type=click.IntRange(1, 3660), default=DAYS, show_default=True)
@click.option(
    "--weeks", type=click.IntRange(1, 520), help="Look at each of the last weeks instead."
)
def report_drift(days: int, weeks: int | None) -> None:
    """Compare recent decisions with the population the served model was trained on."""
    with errors_in_one_line():
        served, now = model_cache.current(), datetime.now(UTC)
        if weeks:
            for _ in keeping.look_at_weeks(served, now, weeks):
                pass
            _print_weeks(keeping.find(served, now, weeks).weeks)
            return
        found = look(served, now, days)
    click.echo(f"model version {served.model_version}, {found.cases} decisions in {days} days")
    click.echo(f"{'index':>7}{'watch':>7}{'shift':>7}  state")
    for drift in found.drifts:
        limits = f"{drift.index:7.3f}{drift.watch_over:7.3f}{drift.shifted_over:7.3f}"
        click.echo(f"{limits}  {drift.state:<22} {drift.measure:<4} {drift.name}")


def _print_weeks(weeks: dict[str, Look | None]) -> None:
    click.echo(f"{'week':<10}{'cases':>8}{'KS':>8}{'PSI':>8}  over a limit")
    for week, found in weeks.items():
        if found is None or not found.is_enough:
            click.echo(f"{week:<10}{found.cases if found else 0:>8,}       –       –")
            continue
        indices = "".join(f"{found.of(SCORE, one).index:8.3f}" for one in (Measure.KS, Measure.PSI))
        over = [
            f"{one.name} ({one.measure}, {one.state})"
            for one in found.drifts
            if one.state in (State.WATCH, State.SHIFTED)
        ]
        click.echo(f"{week:<10}{found.cases:>8,}{indices}  {', '.join(over) or 'none'}")


COMMANDS = (report_drift,)
