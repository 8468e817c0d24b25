"""The command that says what reviewers do, and what it is worth."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.figures import mean, proportion
from creditapp.decisions.review_reasons import NOT_STATED
from creditapp.outcomes.overrides import Overrides, Queue
from creditapp.outcomes.review_results import Result
from creditapp.serving import cache as model_cache
from creditapp.simulation import review_report
from creditapp.simulation.costs import ASSUMPTIONS, Costs
from creditapp.simulation.review_report import Limits, Month, Part, ReviewReport
from creditapp.simulation.review_worth import ReviewWorth

LIMITS = Limits(mature=50_000)
HIGHEST = {one.name: one.highest for one in ASSUMPTIONS}
USUAL = Costs()


@click.command("reviews")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only reviews since this day (UTC); what became of them is not limited by it.",
)
@click.option(
    "--cost-ratio",
    type=click.FloatRange(0, HIGHEST["cost_ratio"]),
    default=USUAL.cost_ratio,
    show_default=True,
    help="Cost of an approved bad credit; a declined good one costs 1.",
)
@click.option(
    "--referral-cost",
    type=click.FloatRange(0, HIGHEST["referral_cost"]),
    default=USUAL.referral_cost,
    show_default=True,
    help="Cost of a review.",
)
def report_reviews(since: datetime | None, cost_ratio: float, referral_cost: float) -> None:
    """Say what reviewers of the served portfolio decide, what became of it, and what it is worth."""
    costs = Costs(cost_ratio=cost_ratio, referral_cost=referral_cost)
    now = datetime.now(UTC)
    with errors_in_one_line():
        served = model_cache.current()
        report = review_report.look(
            served.deployment.portfolio,
            served.catalogue.performance,
            now,
            LIMITS,
            since.replace(tzinfo=UTC) if since else None,
        )
    for line in _lines(report, costs, now):
        click.echo(line)


def _lines(report: ReviewReport, costs: Costs, now: datetime) -> Iterator[str]:
    yield f"reviews: {len(report.reviews):,}, with 95 % intervals"
    yield from _overrides(report.whole.overrides)
    yield from _queue("time in the queue", report.queue)
    waiting = _hours(now - report.waiting_since) if report.waiting_since else "none"
    yield f"  oldest that waits   {waiting}"
    yield from _parts("reviewer", report.reviewers)
    yield from _parts("main reason", report.reasons)
    yield from _months(report.months)
    yield f"what became of mature decisions, at most the newest {LIMITS.mature:,}:"
    yield from _result("approved, not reviewed", report.automatic)
    for (automatic, outcome), result in report.results.items():
        yield from _result(f"{automatic}, then {outcome} by a review", result)
    yield from _worth(report.worth(costs), costs)


def _overrides(overrides: Overrides) -> Iterator[str]:
    yield proportion("referrals approved", overrides.referrals_approved)
    yield proportion("declines approved", overrides.declines_approved)
    yield proportion("approvals declined", overrides.approvals_declined)


def _queue(name: str, queue: Queue | None) -> Iterator[str]:
    if queue:
        yield f"  {name:<20}{_hours(queue.median)} median, {_hours(queue.ninetieth)} 90th percentile"


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.1f} h"


def _parts(kind: str, parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        yield f"{kind} {part.name or NOT_STATED}: {part.overrides.total:,} reviews"
        yield from _overrides(part.overrides)
        yield proportion("bad among approved", part.result.bad)
        if part.result.bad.total:
            yield f"  {'predicted':<20}{part.result.predicted:7.1%}"


def _months(months: Iterable[Month]) -> Iterator[str]:
    yield "month     reviews   referrals approved  declines approved  approvals declined   median     90 %"
    for name, overrides, queue in months:
        shares = (
            overrides.referrals_approved,
            overrides.declines_approved,
            overrides.approvals_declined,
        )
        counts = [f"{one.count:,} of {one.total:,}" for one in shares]
        times = [_hours(queue.median), _hours(queue.ninetieth)] if queue else ["none", "none"]
        yield (
            f"{name} {overrides.total:9,} {counts[0]:>20} {counts[1]:>18} {counts[2]:>19} "
            f"{times[0]:>8} {times[1]:>8}"
        )


def _result(name: str, result: Result) -> Iterator[str]:
    yield f"  {name}: {result.decisions:,}"
    yield proportion("  bad", result.bad)
    if result.bad.total:
        yield f"  {'  predicted':<20}{result.predicted:7.1%}"


def _worth(worth: ReviewWorth | None, costs: Costs) -> Iterator[str]:
    if worth is None:
        yield "what a review is worth: nothing can be said before outcomes of approved referrals are mature"
        return
    yield f"what a review of a referral is worth, from {worth.reviewed:,} that are mature:"
    yield f"  {'predicted bad':<20}{worth.predicted:7.1%}"
    yield f"  {'  of approved ones':<20}{worth.predicted_approved:7.1%}"
    yield proportion("bad among approved", worth.approved)
    yield mean("drop in bad rate", worth.drop)
    yield mean("bad approved", worth.bad_approved)
    yield mean("saved by a review", worth.saving)
    yield (
        f"  a declined good credit costs 1, an approved bad one {costs.cost_ratio:g}, a review "
        f"{costs.referral_cost:g}; the declined have no outcome, so their predictions stand for it"
    )


COMMANDS = (report_reviews,)
