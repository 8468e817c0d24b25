"""The changes of the served model: promote, deploy, roll back, and the check for protected answers."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creditapp.exceptions import (
    BrokenBundle,
    CreditappError,
    DatabaseUnavailable,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.scoring.bundle import Bundle, digest
from creditapp.scoring.verification import verify
from creditapp.serving import change_lock, deployments
from creditapp.serving.deployments import Change, Switch

if TYPE_CHECKING:
    from creditapp.serving.registry import Registry

log = logging.getLogger(__name__)

THE_ALIAS = "the registry's production alias"


@dataclass(frozen=True)
class Lifecycle:
    """The commands that change the served model.

    `open_registry` opens the model registry when a use case needs it. `production` turns the check for
    protected answers on. `warn` is called with a message if a change succeeded only in part.
    """

    open_registry: Callable[[], "Registry"]
    production: bool
    warn: Callable[[str], None]

    def promote(
        self, version: str, reason: str, actor: Actor, *, allow_protected: bool = False
    ) -> Switch:
        """Make a registered version the production one, and serve it.

        Raises:
            RefusedModel, RegistryUnavailable, ChangeUnderWay, DatabaseUnavailable
        """
        with _change(f"version {version}", reason, actor) as change:
            registry = self.open_registry()
            bundle = registry.fetch_bundle(version)
            self._check_protected(version, bundle, "promote", allowed=allow_protected)
            # why: what the deployment would refuse must not move the registry's alias before.
            deployments.check_unaltered(bundle)
            registry.promote(version, reason)
            audit.record(actor, Action.MODEL_PROMOTED, f"version {version}", reason)
            return deployments.deploy(registry.model_name, version, bundle, change)

    def deploy(self, actor: Actor) -> Switch:
        """Serve the version that the registry's production alias names.

        Raises:
            RefusedModel, RegistryUnavailable, ChangeUnderWay, DatabaseUnavailable
        """
        with _change(THE_ALIAS, THE_ALIAS, actor) as change:
            registry = self.open_registry()
            version = registry.production()
            while True:
                if version is None:
                    raise RefusedModel(
                        "no version is promoted to production; run: flask promote VERSION"
                    )
                bundle = registry.fetch_bundle(version)
                self._check_protected(version, bundle, "promote", allowed=False)
                switch = deployments.deploy(registry.model_name, version, bundle, change)
                # why: somebody may have moved the alias in the registry since it was read.
                version = registry.production()
                if version == switch.model_version:
                    return switch

    def roll_back(self, reason: str, actor: Actor, *, allow_protected: bool = False) -> Switch:
        """Serve the version that was served before, from the database; works without the registry.

        Raises:
            RefusedModel, ChangeUnderWay, DatabaseUnavailable
        """
        with _change("the version before", reason, actor) as change:
            previous = deployments.find_previous()
            version = previous.model_version
            try:
                bundle = deployments.load_bundle(previous.bundle_digest)
                verify(Bundle.unpack(bundle))
            except BrokenBundle as error:
                raise RefusedModel(f"version {version}: {error}") from error
            self._check_protected(version, bundle, "rollback", allowed=allow_protected)
            switch = deployments.deploy(previous.model_name, version, bundle, change)
            self._move_alias(version, reason)
            return switch

    def _check_protected(self, version: str, packed: bytes, command: str, *, allowed: bool) -> None:
        """In production, refuse a model that uses protected answers unless this was allowed.

        Raises:
            RefusedModel: the message says how to train one without, and how to allow this one.
        """
        used = Bundle.unpack(packed).metadata.protected_used
        # why: a model that is served already may be deployed again without a new permission.
        if used and self.production and not allowed and not _is_in_force(packed):
            raise RefusedModel(
                f"version {version} uses protected answers ({', '.join(used)}); train a model "
                "without them (flask train --without-protected), or give a reason to serve this "
                f'one: flask {command} {_argument(command, version)}--allow-protected --reason "…"'
            )

    def _move_alias(self, version: str, reason: str) -> None:
        """Try to move the registry's alias too; a rollback succeeds without it."""
        try:
            self.open_registry().promote(version, reason)
        except RegistryUnavailable:
            self.warn(
                "the registry does not answer, so its production alias was not moved: flask deploy "
                f"would serve the other version again. Later, run: flask promote {version}"
            )


def _argument(command: str, version: str) -> str:
    """The version as the command's argument; a rollback takes none."""
    return f"{version} " if command == "promote" else ""


def _is_in_force(packed: bytes) -> bool:
    deployment = deployments.in_force()
    return deployment is not None and deployment.bundle_digest == digest(packed)


@contextmanager
def _change(subject: str, reason: str, actor: Actor) -> Iterator[Change]:
    """Hold the change lock for the block; a change that has begun and fails leaves an event.

    Raises:
        ChangeUnderWay: another process holds the lock; nothing has begun.
    """
    with change_lock.hold(actor.label) as holder:
        try:
            yield Change(actor, reason, holder)
        except DatabaseUnavailable:
            raise  # the event could not be written either
        except CreditappError as error:
            _record_failure(subject, actor, error)
            raise


def _record_failure(subject: str, actor: Actor, error: CreditappError) -> None:
    try:
        audit.record(actor, Action.MODEL_REFUSED, subject, str(error))
    except DatabaseUnavailable as failure:
        log.error("a refused model is not in the audit trail: %s: %r", failure, failure.__cause__)
