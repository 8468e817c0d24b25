"""Policies in words, as the commands print them."""

import click

from creditapp.applications.questions import as_shown
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy, Rule
from creditapp.policy.points import PointsScale


def print_history() -> None:
    """Print all policies, newest first, with when they begin and what became of them."""
    click.echo(
        f"{'policy':<8}{'approve':<9}{'refer':<9}{'rules':<7}{'from (UTC)':<21}{'state':<16}"
        f"{'by':<26}why"
    )
    for row, state, _ in policy_versions.terms():
        cut_offs = f"{row.low_risk_from:<9g}{row.medium_risk_from:<9g}{len(row.rules):<7}"
        begins = f"{row.begins_at:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{row.version:<8}{cut_offs}{begins:<21}{state:<16}{row.set_by:<26}{row.reason}")


def describe(policy: Policy) -> str:
    """A policy in lines: its cut-offs, its scale of points, repeats, and its rules."""
    cut_offs = (
        f"policy {policy.version}: approved from {policy.low_risk_from:g}, "
        f"referred from {policy.medium_risk_from:g}, declined below"
    )
    points = [_describe_scale(policy.points)] if policy.points else []
    days = policy.refer_repeats_days
    repeats = [f"  refer: a reference that was decided within {days} days before"] if days else []
    return "\n".join([cut_offs, *points, *repeats, *map(_describe_rule, policy.rules)])


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
