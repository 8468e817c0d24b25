"""The commands of the credit policy: show it, change it, try one on known cases."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.strict_json import parse
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.policy_description import describe, print_history
from creditapp.cli.policy_simulation import assumption_options, lines_of
from creditapp.cli.texts import REASON
from creditapp.cli.two_people import check_second_person, two_people_options
from creditapp.exceptions import BadPolicy, ModelUnavailable, NotStrictJson
from creditapp.identity.actors import operator
from creditapp.policy import proposed as policy_proposals
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy, Rule, check_cut_offs, rules_from
from creditapp.policy.points import PointsScale
from creditapp.policy.rule_checks import rule_warnings
from creditapp.serving import cache as model_cache
from creditapp.settings.current import current_settings
from creditapp.simulation.costs import Costs
from creditapp.simulation.workbench import compare

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
    """Show the policy in force, and the planned ones."""
    with errors_in_one_line():
        if history:
            print_history()
        else:
            in_force = policy_versions.in_force()
            click.echo(describe(in_force))
            _print_warnings(in_force.rules)
            for term in policy_versions.planned():
                click.echo(f"planned from {term.row.begins_at}:\n{describe(term.row.policy)}")


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
@click.option(
    "--refer-repeats",
    type=int,
    metavar="DAYS",
    help="Refer instead of approve if the reference was decided within so many days; 0 ends it. "
    "Without it the days in force stay.",
)
@click.option("--reason", type=REASON, required=True, help="Why; kept with the policy.")
@click.option(
    "--from",
    "starts_at",
    metavar="TIME",
    help="When it comes into force, as in 2030-01-31T09:00+00:00. Without it, at once.",
)
@two_people_options
def put(
    approve_from: float,
    refer_from: float,
    rules: Path | None,
    reason: str,
    starts_at: str | None,
    **given: Any,
) -> None:
    """Put another policy in force, at once or from a time on; all workers follow within a second.

    It takes the place of policies that are planned and begin no earlier. With --propose, it waits for
    another person's approval.
    """
    with errors_in_one_line():
        start = _time(starts_at) if starts_at else None
        in_force = policy_versions.in_force()
        proposed = replace(
            in_force,
            low_risk_from=approve_from,
            medium_risk_from=refer_from,
            rules=_read_rules(rules),
            points=PointsScale(*given["points"]) if given["points"] else in_force.points,
            refer_repeats_days=_repeats(given["refer_repeats"], in_force),
        )
        if given["propose"]:
            seen = policy_versions.newest_version()
            number = policy_proposals.propose(
                proposed, operator(), reason, instead_of=seen, starts_at=start
            )
            click.echo(f"proposal {number} waits for a second person on /policy")
            return
        check_second_person("policy", reason, operator(), given["without_second_person"])
        policy = policy_versions.put_in_force(proposed, operator(), reason, starts_at=start)
        when = f"from {start}" if start else "now"
        click.echo(f"in force {when}:\n{describe(policy)}")
        _print_warnings(policy.rules)


@policy.command()
@APPROVE
@REFER
@RULES
@assumption_options
@click.option("--limit", type=click.IntRange(1, 100_000), default=10_000, show_default=True)
def simulate(
    approve_from: float, refer_from: float, rules: Path | None, limit: int, **assumed: float
) -> None:
    """Try a policy on the hold-out rows and on the newest recorded decisions; nothing is changed."""
    with errors_in_one_line():
        check_cut_offs(approve_from, refer_from)
        tried = Policy("tried", approve_from, refer_from, rules=_read_rules(rules))
        in_force = policy_versions.in_force()
        workbench = compare(in_force, tried, Costs(**assumed), model_cache.current(), limit)
        for line in lines_of(workbench):
            click.echo(line)
        _print_warnings(tried.rules)


def _repeats(days: int | None, in_force: Policy) -> int | None:
    return in_force.refer_repeats_days if days is None else days or None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadPolicy(f"from must be a time as in 2030-01-31T09:00+00:00, not {text}") from error


def _print_warnings(rules: tuple[Rule, ...]) -> None:
    """Print what looks wrong in rules that are accepted."""
    for warning in rule_warnings(_catalogue(), rules) if rules else []:
        click.echo(f"look again: {warning}")


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


COMMANDS = (policy,)
