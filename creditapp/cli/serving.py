"""Commands about what is served: promote, roll back, deploy."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from creditapp.cli.errors import in_one_line
from creditapp.cli.registry import model_name, registry
from creditapp.exceptions import (
    BrokenBundle,
    ChangeUnderWay,
    CreditappError,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.scoring.bundle import Bundle, digest
from creditapp.scoring.verification import accepted
from creditapp.serving import change_lock, deployments
from creditapp.serving.deployments import Change, Reload

log = logging.getLogger(__name__)

THE_ALIAS = "the registry's alias"


def _for_programs(command: Callable[..., None]) -> Callable[..., None]:
    """What a worker says when it has a command run for somebody."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON."),
        click.option("--actor", default=audit.operator, hidden=True),
        click.option("--request-id", default="", hidden=True),
    ):
        command = option(command)
    return command


def _reason(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("a reason is expected")
    return value.strip()


ALLOW = click.option(
    "--allow-protected",
    is_flag=True,
    help="Serve a model that uses protected answers in production too; the reason says why.",
)


@click.command()
@click.argument("version")
@click.option("--reason", required=True, callback=_reason, help="Why; kept with the deployment.")
@ALLOW
@_for_programs
def promote(
    version: str, reason: str, allow_protected: bool, as_json: bool, actor: str, request_id: str
) -> None:
    """Make a registered VERSION the production one, and serve it."""
    with in_one_line(as_json=as_json):
        done = promoted(version, reason, actor, request_id, allow_protected=allow_protected)
    _tell(done, f"version {done.model_version} is in production", as_json=as_json)


@click.command()
@click.option("--reason", required=True, callback=_reason, help="Why; kept with the deployment.")
@ALLOW
@_for_programs
def rollback(
    reason: str, allow_protected: bool, as_json: bool, actor: str, request_id: str
) -> None:
    """Serve the version that was served before, out of the database; done twice, it is undone."""
    with in_one_line(as_json=as_json):
        done = _rolled_back(reason, actor, request_id, allow_protected=allow_protected)
    _tell(done, f"version {done.model_version} is served again", as_json=as_json)


@click.command()
@_for_programs
def deploy(as_json: bool, actor: str, request_id: str) -> None:
    """Serve the version that the registry's production alias names."""
    with in_one_line(as_json=as_json):
        done = deployed(actor, request_id)
    _tell(done, f"version {done.model_version} is served", as_json=as_json)


def promoted(
    version: str, reason: str, actor: str, request_id: str = "", *, allow_protected: bool = False
) -> Reload:
    """Promote a version and serve it; what cannot be served is refused first.

    Raises:
        RefusedModel, RegistryUnavailable, ChangeUnderWay, DeploymentFailed: nothing changed.
    """
    with _change(f"version {version}", actor, reason, request_id) as change:
        versions = registry()
        bundle = versions.fetch_bundle(version)
        allowed = allow_protected or _is_served(bundle)
        _check_protected(version, bundle, "promote", allowed=allowed)
        versions.promote(version, reason)
        audit.record(actor, Action.MODEL_PROMOTED, f"version {version}", reason, request_id)
        return deployments.deploy(model_name(), version, bundle, change)


def deployed(actor: str, request_id: str = "") -> Reload:
    """Serve what the alias names, and look again: somebody may have moved it meanwhile.

    Raises:
        RefusedModel, RegistryUnavailable, ChangeUnderWay, DeploymentFailed: nothing changed.
    """
    with _change(THE_ALIAS, actor, THE_ALIAS, request_id) as change:
        versions = registry()
        done, version = None, versions.production()
        while done is None or done.model_version != version:
            if version is None:
                raise RefusedModel("no version is promoted to production")
            bundle = versions.fetch_bundle(version)
            _check_protected(version, bundle, "promote", allowed=_is_served(bundle))
            done = deployments.deploy(model_name(), version, bundle, change)
            version = versions.production()
        return done


def _rolled_back(reason: str, actor: str, request_id: str, *, allow_protected: bool) -> Reload:
    with _change("the version before", actor, reason, request_id) as change:
        former = deployments.served_before()
        try:
            bundle = deployments.bundle_of(former)
            accepted(Bundle.unpack(bundle))
        except BrokenBundle as error:
            raise RefusedModel(f"version {former.model_version}: {error}") from error
        _check_protected(former.model_version, bundle, "rollback", allowed=allow_protected)
        done = deployments.deploy(former.model_name, former.model_version, bundle, change)
        _promote_if_reachable(former.model_version, reason)
        return done


def _check_protected(version: str, packed: bytes, command: str, *, allowed: bool) -> None:
    """In production a model that uses protected answers is served only where somebody says why it may be.

    Raises:
        RefusedModel: it uses some, and nobody does.
    """
    used = Bundle.unpack(packed).metadata.protected_used
    if used and not allowed and current_app.config["SETTINGS"].production:
        raise RefusedModel(
            f"version {version} uses protected answers ({', '.join(used)}); train one that does not "
            "(flask train --without-protected), or say why it may be served: "
            f'flask {command} … --allow-protected --reason "…"'
        )


def _is_served(packed: bytes) -> bool:
    """Whether this very bundle is in force: what was allowed stays so."""
    served = deployments.in_force()
    return served is not None and served.bundle_digest == digest(packed)


def _promote_if_reachable(version: str, reason: str) -> None:
    """Going back must not wait for a registry; its alias is moved where it answers."""
    try:
        registry().promote(version, reason)
    except RegistryUnavailable:
        left = (
            "the registry did not answer: its alias is where it was, and a reload would follow it"
        )
        click.echo(left, err=True)


@contextmanager
def _change(subject: str, actor: str, reason: str, request_id: str) -> Iterator[Change]:
    """Have the turn to change what is served; a change that fails leaves an event."""
    try:
        with change_lock.taken(actor) as turn:
            yield Change(actor, reason, request_id, turn)
    except ChangeUnderWay:
        raise
    except CreditappError as error:
        _note_failure(actor, subject, error, request_id)
        raise


def _note_failure(actor: str, subject: str, error: CreditappError, request_id: str) -> None:
    """Keep the event; where it cannot be kept, the change has failed all the same."""
    try:
        audit.record(actor, Action.MODEL_REFUSED, subject, str(error), request_id)
    except SQLAlchemyError as failed:
        log.error("a refused model could not be noted: %s", type(failed).__name__)


def _tell(done: Reload, text: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(vars(done)))
    else:
        click.echo(f"{text}; before it: {done.previous_version or 'none'}")


COMMANDS = (promote, rollback, deploy)
