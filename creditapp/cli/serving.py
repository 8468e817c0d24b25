"""The commands that change what is served: promote, roll back, deploy."""

import json
from collections.abc import Callable
from dataclasses import asdict

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.listing import keep_listing
from creditapp.cli.registry import open_registry
from creditapp.cli.texts import REASON
from creditapp.cli.two_people import check_second_person, two_people_options
from creditapp.identity.actors import Actor, operator
from creditapp.identity.proposals import Settlement, Verdict
from creditapp.serving import promotions
from creditapp.serving.deployments import Switch
from creditapp.serving.lifecycle import Lifecycle, Permissions
from creditapp.settings.current import current_settings


def lifecycle() -> Lifecycle:
    """The changes of the served model, with this application's registry and settings."""
    production = current_settings().production
    return Lifecycle(open_registry, production, lambda text: click.echo(text, err=True))


def for_child_processes(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that a worker passes when it runs the command for somebody."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one line of JSON."),
        click.option("--actor", default=lambda: operator().label, hidden=True),
        click.option("--request-id", default="", hidden=True),
    ):
        command = option(command)
    return command


WHY = click.option("--reason", type=REASON, required=True, help="Why; kept with the deployment.")
ALLOW = click.option(
    "--allow-protected",
    is_flag=True,
    help="In production, serve a model although it uses protected answers; the reason says why.",
)


ACCEPT = click.option(
    "--accept-new-inputs",
    is_flag=True,
    help="Serve a model whose applications have other inputs than those of the model in force.",
)


OVERRIDE = click.option(
    "--override",
    is_flag=True,
    help="Serve a model although its validation report does not meet the conditions; the reason says why.",
)


@click.command()
@click.argument("version")
@WHY
@ALLOW
@ACCEPT
@OVERRIDE
@two_people_options
@click.option("--proposal", type=int, hidden=True, help="The proposal that is approved.")
@for_child_processes
def promote(
    version: str,
    reason: str,
    as_json: bool,
    actor: str,
    request_id: str,
    proposal: int | None,
    **given: bool,
) -> None:
    """Make a registered VERSION the production one, and serve it; or propose to do so."""
    by = Actor(actor, request_id)
    permissions = Permissions(
        protected=given["allow_protected"],
        new_inputs=given["accept_new_inputs"],
        override=given["override"],
    )
    with errors_in_one_line(as_json=as_json):
        if given["propose"]:
            number = promotions.propose(version, reason, by, permissions)
            click.echo(f"proposal {number} waits for a second person on /models")
            return
        settlement = None
        if proposal is None:
            check_second_person(f"version {version}", reason, by, given["without_second_person"])
        else:
            settlement = Settlement(proposal, Verdict.APPROVED, by, reason)
            reason = promotions.reason_of(promotions.check(version, settlement))
        switch = lifecycle().promote(version, reason, by, permissions, settlement)
    keep_listing()
    _print(switch, f"version {switch.model_version} is in production", as_json=as_json)


@click.command()
@WHY
@ALLOW
@for_child_processes
def rollback(
    reason: str, allow_protected: bool, as_json: bool, actor: str, request_id: str
) -> None:
    """Serve the version that was served before, from the database; a second rollback undoes the first."""
    by = Actor(actor, request_id)
    with errors_in_one_line(as_json=as_json):
        switch = lifecycle().roll_back(reason, by, Permissions(protected=allow_protected))
    _print(switch, f"version {switch.model_version} is served again", as_json=as_json)


@click.command()
@for_child_processes
def deploy(as_json: bool, actor: str, request_id: str) -> None:
    """Serve the version that the registry's production alias names."""
    with errors_in_one_line(as_json=as_json):
        switch = lifecycle().deploy(Actor(actor, request_id))
    _print(switch, f"version {switch.model_version} is served", as_json=as_json)


def _print(switch: Switch, text: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(switch)))
    else:
        click.echo(f"{text}; before: {switch.previous_version or 'none'}")


COMMANDS = (promote, rollback, deploy)
