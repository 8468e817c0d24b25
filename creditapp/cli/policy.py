"""Commands about the credit policy: show it, change it, try one on known cases."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from creditapp.applications.strict_json import parse
from creditapp.cli.errors import in_one_line
from creditapp.exceptions import BadPolicy, NotStrictJson
from creditapp.identity import audit
from creditapp.intervals import Proportion
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, Rule, check_cut_offs, rules_from
from creditapp.serving import cache as model_cache
from creditapp.simulation import cases as known_cases
from creditapp.simulation import outcomes as simulation
from creditapp.simulation.outcomes import Case, Cost
from creditapp.simulation.workbench import Costs

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
            click.echo(_described(policy_versions.in_force()))


@policy.command("set")
@APPROVE
@REFER
@RULES
@click.option("--reason", required=True, help="Why; kept with the policy.")
def put(approve_from: float, refer_from: float, rules: Path | None, reason: str) -> None:
    """Put another policy in force; all workers follow within a second."""
    with in_one_line():
        kept = _rules(rules)
        done = policy_versions.put_in_force(
            approve_from, refer_from, kept, audit.operator(), reason
        )
    click.echo(f"in force now:\n{_described(done)}")


@policy.command()
@APPROVE
@REFER
@RULES
@click.option(
    "--cost-ratio",
    type=click.FloatRange(0, 1_000_000),
    default=5.0,
    show_default=True,
    help="The cost of an approved bad credit against that of a declined good one.",
)
@click.option(
    "--referral-cost",
    type=click.FloatRange(0, 1_000_000),
    default=0.0,
    show_default=True,
    help="The cost of a person's look, against that of a declined good credit.",
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
    """Try a policy on the held-out rows and on the newest logged decisions; nothing is changed."""
    with in_one_line():
        check_cut_offs(approve_from, refer_from)
        tried = Policy("tried", approve_from, refer_from, rules=_rules(rules))
        labelled = known_cases.held_out(model_cache.current())
        logged = known_cases.logged(limit)
    costs = Costs(cost_ratio, referral_cost)
    for line in (*_on_labelled(tried, labelled, costs), *_on_logged(tried, logged)):
        click.echo(line)


def _on_labelled(tried: Policy, cases: Sequence[Case], costs: Costs) -> Iterator[str]:
    decided = simulation.outcomes(tried, cases)
    yield f"held-out rows: {len(cases)}, with 95 % intervals"
    yield from _rates(decided)
    yield _share("bad among approved", simulation.bad_among_approved(cases, decided))
    yield _cost("cost per applicant", _expected(cases, decided, costs))
    yield f"  (an approved bad credit costs {costs.ratio:g}, a declined good one 1,"
    yield f"  a referral {costs.referral:g}: a person is taken to decide it rightly)"
    best = simulation.best_cut_off(cases, costs.ratio)
    where = "nobody" if math.isinf(best.approve_from) else f"from {best.approve_from}"
    yield "  one cut-off of least cost, by probability alone and chosen on these very rows:"
    yield f"  approve {where}, decline below; {best.cost:.3f} per applicant"


def _expected(cases: Sequence[Case], decided: Sequence[Outcome], costs: Costs) -> Cost:
    return simulation.expected_cost(cases, decided, costs.ratio, costs.referral)


def _on_logged(tried: Policy, cases: Sequence[Case]) -> Iterator[str]:
    decided = simulation.outcomes(tried, cases)
    flips = simulation.flips(cases, decided)
    yield f"logged decisions: {len(cases)}, the newest, on the probabilities they were made on"
    yield from _rates(decided)
    yield _share("would flip", Proportion(sum(flips.values()), len(cases)))
    for (before, after), count in sorted(flips.items()):
        yield f"    {before} to {after}: {count}"


def _rates(decided: Sequence[Outcome]) -> Iterator[str]:
    for outcome, share in simulation.rates(decided).items():
        yield _share(f"{outcome}", share)


def _share(name: str, share: Proportion) -> str:
    if not share.total:
        return f"  {name:<20} none"
    low, high = share.interval
    return (
        f"  {name:<20}{share.value:7.1%}  ({low:.1%} to {high:.1%}), {share.count} of {share.total}"
    )


def _cost(name: str, cost: Cost) -> str:
    low, high = cost.interval
    return f"  {name:<20}{cost.value:7.3f}  ({low:.3f} to {high:.3f})"


def _rules(file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return policy_versions.in_force().rules
    try:
        return rules_from(parse(file.read_bytes()))
    except (BadPolicy, NotStrictJson) as error:
        raise BadPolicy(f"{file}: {error}") from error


def _show_history() -> None:
    click.echo(
        f"{'policy':<8}{'approve':<9}{'refer':<9}{'rules':<7}{'from (UTC)':<21}{'by':<26}why"
    )
    for one in policy_versions.history():
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
