"""Commands about the credit policy: show it, change it."""

from pathlib import Path

import click

from creditapp import audit, policies
from creditapp.api.strict_json import parse
from creditapp.cli.failing import in_one_line
from creditapp.exceptions import BadPolicy, NotStrictJson
from creditapp.policy import Policy, Rule, rules_from

APPROVE = click.option("--approve-from", type=float, required=True, help="Approved from here on.")
REFER = click.option("--refer-from", type=float, required=True, help="Declined below.")
RULES = click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON list of rules; without it those in force stay, and [] takes them away.",
)


@click.group("policy")
def policy() -> None:
    """Show or change by which cut-offs and rules decisions are made."""


@policy.command()
@click.option("--history", is_flag=True, help="All changes: when, by whom, and why.")
def show(history: bool) -> None:
    """Show the policy in force."""
    with in_one_line():
        if history:
            _show_history()
        else:
            click.echo(_described(policies.in_force()))


@policy.command("set")
@APPROVE
@REFER
@RULES
@click.option("--reason", required=True, help="Why; kept with the policy.")
def put(approve_from: float, refer_from: float, rules: Path | None, reason: str) -> None:
    """Put another policy in force; all workers follow within a second."""
    with in_one_line():
        kept = _rules(rules)
        done = policies.put_in_force(approve_from, refer_from, kept, audit.operator(), reason)
    click.echo(f"in force now:\n{_described(done)}")


def _rules(file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return policies.in_force().rules
    try:
        return rules_from(parse(file.read_bytes()))
    except (BadPolicy, NotStrictJson) as error:
        raise BadPolicy(f"{file}: {error}") from error


def _show_history() -> None:
    click.echo(
        f"{'policy':<8}{'approve':<9}{'refer':<9}{'rules':<7}{'from (UTC)':<21}{'by':<26}why"
    )
    for one in policies.history():
        cut_offs = f"{one.low_risk_from:<9g}{one.medium_risk_from:<9g}{len(one.rules):<7}"
        moment = f"{one.set_at:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{one.version:<8}{cut_offs}{moment:<21}{one.set_by:<26}{one.reason}")


def _described(policy: Policy) -> str:
    cut_offs = (
        f"policy {policy.version}: approved from {policy.low_risk_from:g}, "
        f"referred from {policy.medium_risk_from:g}, declined below"
    )
    return "\n".join([cut_offs, *map(_described_rule, policy.rules)])


def _described_rule(rule: Rule) -> str:
    limits = [f"{name} {value:g}" for name, value in _limits(rule) if value is not None]
    condition = " or ".join(limits) or f"one of {', '.join(rule.codes)}"
    return f"  {rule.outcome}: {rule.feature} {condition}: {rule.text}"


def _limits(rule: Rule) -> list[tuple[str, float | None]]:
    return [("over", rule.over), ("under", rule.under)]


COMMANDS = (policy,)
