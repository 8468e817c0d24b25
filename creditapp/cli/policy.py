"""The commands of the credit policy: show it, change it, try one on known cases."""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.questions import as_shown
from creditapp.applications.strict_json import parse
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.figures import mean_cost, proportion
from creditapp.exceptions import BadPolicy, ModelUnavailable, NotStrictJson
from creditapp.identity.actors import operator
from creditapp.intervals import Proportion
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy, Rule, check_cut_offs, rules_from
from creditapp.policy.points import PointsScale
from creditapp.serving import cache as model_cache
from creditapp.settings.current import current_settings
from creditapp.simulation.outcomes import Costs, Simulation
from creditapp.simulation.workbench import Workbench, compare

APPROVE = click.option("--approve-from", type=float, required=True, help="Approve from here on.")
REFER = click.option("--refer-from", type=float, required=True, help="Decline below.")
RULES = click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON list of rules. Without it the rules in force stay; [] removes them.",
)


@click.group("policy")
def policy() -> None:
    """Show or change the cut-offs and rules that decide."""


@policy.command()
@click.option("--history", is_flag=True, help="List all changes: when, by whom, and why.")
def show(history: bool) -> None:
    """Show the policy in force."""
    with errors_in_one_line():
        if history:
            _print_history()
        else:
            click.echo(_describe(policy_versions.in_force()))


@policy.command("set")
@APPROVE
@REFER
@RULES
@click.option(
    "--points",
    nargs=3,
    type=float,
    metavar="SCORE ODDS DOUBLE",
    help="The scale of points: SCORE points are odds of ODDS good to 1 bad, DOUBLE points more "
    "double them. Without it the scale in force stays.",
)
@click.option("--reason", required=True, help="Why; kept with the policy.")
def put(
    approve_from: float,
    refer_from: float,
    rules: Path | None,
    points: tuple[float, float, float] | None,
    reason: str,
) -> None:
    """Put another policy in force; all workers follow within a second."""
    with errors_in_one_line():
        scale = PointsScale(*points) if points else policy_versions.in_force().points
        proposed = Policy(
            "proposed", approve_from, refer_from, rules=_read_rules(rules), points=scale
        )
        policy = policy_versions.put_in_force(proposed, operator(), reason)
    click.echo(f"in force now:\n{_describe(policy)}")


@policy.command()
@APPROVE
@REFER
@RULES
@click.option(
    "--cost-ratio",
    type=click.FloatRange(0, 1_000_000),
    default=5.0,
    show_default=True,
    help="The cost of an approved bad credit, where a declined good credit costs 1.",
)
@click.option(
    "--referral-cost",
    type=click.FloatRange(0, 1_000_000),
    default=0.0,
    show_default=True,
    help="The cost of a referral, where a declined good credit costs 1.",
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=10_000, show_default=True)
def simulate(
    approve_from: float,
    refer_from: float,
    rules: Path | None,
    cost_ratio: float,
    referral_cost: float,
    limit: int,
) -> None:
    """Try a policy on the hold-out rows and on the newest recorded decisions; nothing is changed."""
    costs = Costs(cost_ratio, referral_cost)
    with errors_in_one_line():
        check_cut_offs(approve_from, refer_from)
        tried = Policy("tried", approve_from, refer_from, rules=_read_rules(rules))
        in_force = policy_versions.in_force()
        workbench = compare(in_force, tried, costs, model_cache.current(), limit)
    for line in (*_on_held_out(workbench, costs), *_on_recorded(workbench)):
        click.echo(line)


def _on_held_out(workbench: Workbench, costs: Costs) -> Iterator[str]:
    tried = workbench.held_out.tried
    yield f"hold-out rows: {len(workbench.held_out.cases)}, with 95 % intervals"
    yield from _rates(tried)
    yield proportion("bad among approved", tried.bad_among_approved)
    yield mean_cost("cost per applicant", tried.cost)
    yield f"  (an approved bad credit costs {costs.ratio:g}, a declined good credit 1,"
    yield f"  a referral {costs.referral:g}: the reviewer is assumed to decide correctly)"
    best = workbench.best
    where = "nobody" if math.isinf(best.approve_from) else f"from {best.approve_from}"
    yield "  single cut-off with the lowest cost, without rules, chosen on these same rows:"
    yield f"  approve {where}, decline below; {best.cost:.3f} per applicant"


def _on_recorded(workbench: Workbench) -> Iterator[str]:
    recorded, total = workbench.recorded, len(workbench.recorded.cases)
    yield f"recorded decisions: {total}, the newest of the served deployment"
    yield from _rates(recorded.tried)
    yield proportion("would change", Proportion(len(recorded.changes), total))
    counts = Counter((change.before.value, change.after.value) for change in recorded.changes)
    for (before, after), count in sorted(counts.items()):
        yield f"    {before} to {after}: {count}"


def _rates(simulation: Simulation) -> Iterator[str]:
    for outcome, rate in simulation.rates.items():
        yield proportion(outcome.value, rate)


def _read_rules(file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return policy_versions.in_force().rules
    try:
        return rules_from(_catalogue(), parse(file.read_bytes()))
    except (BadPolicy, NotStrictJson) as error:
        raise BadPolicy(f"{file}: {error}") from error


def _catalogue() -> Catalogue:
    """The catalogue of the served model; without a model, that of the configured portfolio."""
    try:
        return model_cache.current().catalogue
    except ModelUnavailable:
        return read_portfolio(current_settings().portfolio_folder)


def _print_history() -> None:
    click.echo(
        f"{'policy':<8}{'approve':<9}{'refer':<9}{'rules':<7}{'from (UTC)':<21}{'by':<26}why"
    )
    for row in policy_versions.history():
        cut_offs = f"{row.low_risk_from:<9g}{row.medium_risk_from:<9g}{len(row.rules):<7}"
        set_at = f"{row.set_at:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{row.version:<8}{cut_offs}{set_at:<21}{row.set_by:<26}{row.reason}")


def _describe(policy: Policy) -> str:
    cut_offs = (
        f"policy {policy.version}: approved from {policy.low_risk_from:g}, "
        f"referred from {policy.medium_risk_from:g}, declined below"
    )
    points = [_describe_scale(policy.points)] if policy.points else []
    return "\n".join([cut_offs, *points, *map(_describe_rule, policy.rules)])


def _describe_scale(scale: PointsScale) -> str:
    return (
        f"  score: {scale.base_score:g} points are odds of {scale.base_odds:g} good to 1 bad, "
        f"{scale.points_to_double:g} points more double them"
    )


def _describe_rule(rule: Rule) -> str:
    limits = {"over": rule.over, "under": rule.under}
    conditions = [f"{name} {value:g}" for name, value in limits.items() if value is not None]
    codes = [f"one of {', '.join(map(as_shown, rule.codes))}"] if rule.codes else []
    condition = " or ".join([*conditions, *codes])
    return f"  {rule.outcome}: {rule.feature} {condition}: {rule.text}"


COMMANDS = (policy,)
