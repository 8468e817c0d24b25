"""The changes of the served model: promote, deploy, roll back, and the check for protected answers."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.differences import differences
from creditapp.exceptions import (
    BadPolicy,
    BrokenBundle,
    CreditappError,
    DatabaseUnavailable,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.identity.proposals import Settlement, settle_in
from creditapp.phrases import Listing, Phrase, marked
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import rules_from
from creditapp.reports.conditions import Candidate, check_conditions, unmet
from creditapp.scoring.bundle import Bundle, digest
from creditapp.scoring.verification import verify
from creditapp.serving import change_lock, deployments
from creditapp.serving.approval import Approval
from creditapp.serving.deployments import Change, Switch

if TYPE_CHECKING:
    from creditapp.serving.registry import Registry

log = logging.getLogger(__name__)

THE_ALIAS = "the registry's production alias"


@dataclass(frozen=True)
class Permissions:
    """What the person who changes the model accepts.

    Attributes:
        protected: protected answers in production.
        new_inputs: other inputs than those of the model in force.
        override: conditions of a promotion that do not hold.
    """

    protected: bool = False
    new_inputs: bool = False
    override: bool = False


NONE = Permissions()


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
        self,
        version: str,
        reason: str,
        actor: Actor,
        permissions: Permissions = NONE,
        settlement: Settlement | None = None,
    ) -> Switch:
        """Make a registered version the production one, and serve it.

        `settlement` approves the proposal to do so; it is kept if and only if the version is served.

        Raises:
            RefusedModel, RegistryUnavailable, ChangeUnderWay, DatabaseUnavailable
        """
        with _change(f"version {version}", reason, actor) as change:
            registry = self.open_registry()
            packed = registry.fetch_bundle(version)
            bundle = self._check(version, packed, "promote", permissions)
            overridden = _check_conditions(registry, version, packed, permissions)
            # why: what the deployment would refuse must not move the registry's alias before.
            deployments.check_unaltered(packed)
            registry.promote(version, Approval(actor.label, reason, overridden))
            if overridden:
                detail = "; ".join([reason, *overridden])
                audit.record(actor, Action.CONDITIONS_OVERRIDDEN, f"version {version}", detail)
            audit.record(actor, Action.MODEL_PROMOTED, f"version {version}", reason)
            portfolio = bundle.catalogue.name
            also = partial(settle_in, settlement=settlement) if settlement else None
            settling = replace(change, also=also)
            return deployments.deploy(registry.model_name, version, portfolio, packed, settling)

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
                        marked("no version is promoted to production; run: flask promote VERSION")
                    )
                packed = registry.fetch_bundle(version)
                portfolio = self._check(version, packed, "promote", NONE).catalogue.name
                switch = deployments.deploy(registry.model_name, version, portfolio, packed, change)
                # why: somebody may have moved the alias in the registry since it was read.
                version = registry.production()
                if version == switch.model_version:
                    return switch

    def roll_back(self, reason: str, actor: Actor, permissions: Permissions = NONE) -> Switch:
        """Serve the version that was served before, from the database; works without the registry.

        Other inputs need no permission, as a rollback is urgent; they are told as a warning.

        Raises:
            RefusedModel, ChangeUnderWay, DatabaseUnavailable
        """
        with _change("the version before", reason, actor) as change:
            previous = deployments.find_previous()
            version = previous.model_version
            try:
                packed = deployments.load_bundle(previous.bundle_digest)
                verify(Bundle.unpack(packed))
            except BrokenBundle as error:
                raise RefusedModel(
                    marked("version %(version)s: %(problem)s"), version=version, problem=error
                ) from error
            changes = _new_inputs(Bundle.unpack(packed).catalogue)
            bundle = self._check(version, packed, "rollback", replace(permissions, new_inputs=True))
            portfolio = bundle.catalogue.name
            switch = deployments.deploy(previous.model_name, version, portfolio, packed, change)
            if changes:
                self.warn(f"applications have other inputs now:\n{_listed(changes)}")
            self._move_alias(version, Approval(actor.label, reason))
            return switch

    def _check(self, version: str, packed: bytes, command: str, permissions: Permissions) -> Bundle:
        """Refuse a bundle that must not be served, or not without a permission.

        Raises:
            RefusedModel: the message says why, and what to do.
        """
        bundle = Bundle.unpack(packed)
        # why: a model that is served already may be deployed again without a new permission.
        if not _is_in_force(packed):
            _check_rules(version, bundle.catalogue)
            _check_inputs(version, bundle.catalogue, permitted=permissions.new_inputs)
            self._check_protected(version, bundle, command, permitted=permissions.protected)
        return bundle

    def _check_protected(
        self, version: str, bundle: Bundle, command: str, *, permitted: bool
    ) -> None:
        """In production, refuse a model that uses protected answers unless this was permitted.

        Raises:
            RefusedModel: the message says how to train one without, and how to allow this one.
        """
        used = bundle.protected_used
        if used and self.production and not permitted:
            raise RefusedModel(
                marked(
                    "version %(version)s uses protected answers (%(names)s); train a model without them "
                    "(flask train --without-protected), or give a reason to serve this one: flask "
                    '%(command)s %(argument)s--allow-protected --reason "…"'
                ),
                version=version,
                names=", ".join(used),
                command=command,
                argument=_argument(command, version),
            )

    def _move_alias(self, version: str, approval: Approval) -> None:
        """Try to move the registry's alias too; a rollback succeeds without it."""
        try:
            self.open_registry().promote(version, approval)
        except RegistryUnavailable:
            self.warn(
                "the registry does not answer, so its production alias was not moved: flask deploy "
                f"would serve the other version again. Later, run: flask promote {version}"
            )


def _check_conditions(
    registry: "Registry", version: str, packed: bytes, permissions: Permissions
) -> list[str]:
    """Refuse a version whose report does not meet the conditions, unless this was permitted.

    A model that is served already needs no new report.

    Returns:
        The conditions that were overridden.

    Raises:
        RefusedModel: the message lists the conditions.
    """
    if _is_in_force(packed):
        return []
    production = registry.production()
    conditions = check_conditions(
        Candidate(version, digest(packed), registry.report(version)),
        production,
        registry.report(production) if production else None,
    )
    broken = unmet(conditions)
    if broken and not permissions.override:
        raise RefusedModel(
            marked(
                "version %(version)s does not meet the conditions of a promotion:\n%(broken)s\nto "
                'serve it anyway, run: flask promote %(version)s --override --reason "…"'
            ),
            version=version,
            broken=_listed([condition.phrase for condition in broken]),
        )
    return [str(condition) for condition in broken]


def _check_inputs(version: str, catalogue: Catalogue, *, permitted: bool) -> None:
    """Refuse a model whose applications have other inputs, unless this was permitted.

    Raises:
        RefusedModel: the message lists the differences.
    """
    changes = _new_inputs(catalogue)
    if changes and not permitted:
        raise RefusedModel(
            marked(
                "version %(version)s takes other inputs than the model in "
                "force:\n%(changes)s\nprograms that send applications must follow; to serve it "
                'anyway, run: flask promote %(version)s --accept-new-inputs --reason "…"'
            ),
            version=version,
            changes=_listed(changes),
        )


def _new_inputs(catalogue: Catalogue) -> list[Phrase]:
    """What differs from the inputs of the model in force; nothing if there is none, or none readable."""
    deployment = deployments.in_force()
    if deployment is None:
        return []
    try:
        served = Bundle.unpack(deployments.load_bundle(deployment.bundle_digest)).catalogue
    except BrokenBundle:
        return []
    return differences(served, catalogue)


def _listed(lines: Sequence[object]) -> Listing:
    return Listing(tuple(Phrase("  %(line)s", {"line": line}) for line in lines), "\n")


def _check_rules(version: str, catalogue: Catalogue) -> None:
    """Refuse a model that the rules of the policy in force, or of a planned one, do not fit.

    Raises:
        RefusedModel: a rule names a feature or an answer that the model's catalogue does not have.
    """
    policies = [
        policy_versions.in_force(),
        *(term.row.policy for term in policy_versions.planned()),
    ]
    try:
        for policy in policies:
            rules_from(catalogue, [rule.as_document() for rule in policy.rules])
    except BadPolicy as error:
        raise RefusedModel(
            marked(
                "version %(version)s: the policy in force or planned does not fit its inputs: "
                "%(problem)s; change the rules first: flask policy set --rules FILE"
            ),
            version=version,
            problem=error,
        ) from error


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
