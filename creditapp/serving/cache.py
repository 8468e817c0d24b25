"""The model this process serves: loaded beside the old one, verified, and swapped in by one assignment."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Flask, current_app

from creditapp.applications.catalogue import Catalogue
from creditapp.exceptions import BrokenBundle, DatabaseUnavailable, ModelUnavailable
from creditapp.explanations.reasons import Explainer, verify_explainer
from creditapp.observability import metrics
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import marked
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment
from creditapp.serving.served_model import ServedModel

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5.0, 300.0
"""The wait before a deployment that could not be loaded is tried again; it doubles each time."""

FALLBACKS = 20
"""How many older deployments a process without a model tries."""


@dataclass(frozen=True)
class Refusal:
    """A deployment that could not be loaded, how often, and when to try it again (monotonic seconds)."""

    generation: int
    times: int
    retry_at: float

    @classmethod
    def after(cls, previous: "Refusal | None", generation: int) -> "Refusal":
        """Count one more failure of a deployment."""
        is_repeated = previous is not None and previous.generation == generation
        times = previous.times + 1 if previous and is_repeated else 1
        wait = min(FIRST_RETRY_SECONDS * 2 ** (times - 1), LONGEST_RETRY_SECONDS)
        return cls(generation, times, time.monotonic() + wait)

    def blocks(self, generation: int) -> bool:
        """Whether it is too early to try this deployment again."""
        return self.generation == generation and time.monotonic() < self.retry_at


class ModelCache:
    """Follows the deployment in force; if its model cannot be loaded, the old model stays."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._refusal: Refusal | None = None
        self._following = False
        self._lock = threading.Lock()

    def current(self) -> ServedModel:
        """The model to score with.

        Raises:
            ModelUnavailable: this process never loaded one.
        """
        if not self._following:
            self.refresh()
        if self._served is None:
            raise ModelUnavailable(marked("no model is ready to be served"))
        return self._served

    def refresh(self) -> None:
        """Take over what is new; while the database cannot be read, what was served stays."""
        try:
            self.look()
        except DatabaseUnavailable as error:
            log.warning(
                "the deployment and the policy in force were not read: %s", error, extra=MAY_REPEAT
            )

    def look(self) -> float:
        """Take over the deployment and the policy in force; return the seconds until the next planned policy.

        Raises:
            DatabaseUnavailable: they cannot be read.
        """
        with self._lock:
            deployment = deployments.in_force()
            if deployment and self._must_load(deployment):
                self._load_newest(deployment)
            self._take_over_policy()
            return policy_versions.seconds_until_next()

    def load_first(self, app: Flask) -> None:
        """Load the model now; requests look for no change any more, so somebody else must."""
        self._following = True
        with app.app_context():
            self._try_to_refresh()

    def _take_over_policy(self) -> None:
        # why: one assignment, so that a request that has begun keeps its pair of model and policy.
        if self._served is None:
            return
        policy = policy_versions.in_force()
        if policy.version != self._served.policy.version:
            self._served = replace(self._served, policy=policy)
            metrics.note_policy_in_force(policy.version)
            log.info("deciding by policy %s", policy.version)

    def _must_load(self, deployment: Deployment) -> bool:
        served = self._served.deployment.generation if self._served else None
        blocked = self._refusal is not None and self._refusal.blocks(deployment.generation)
        return deployment.generation != served and not blocked

    def _load_newest(self, newest: Deployment) -> None:
        """Load a deployment; a process without a model falls back to the newest that works."""
        if self._try_to_load(newest):
            self._refusal = None
            return
        self._refusal = Refusal.after(self._refusal, newest.generation)
        if self._served is None:
            older = deployments.history(before=newest.generation, limit=FALLBACKS)
            if any(self._try_to_load(deployment) for deployment in older):
                log.error("deployment %s is not served, but an older one", newest.generation)

    def _try_to_load(self, deployment: Deployment) -> bool:
        """Serve a deployment if its model can be loaded, and return whether it is served now."""
        try:
            served = _load(deployment, policy_versions.in_force(), self._served)
        except BrokenBundle as error:
            metrics.count_model_load(success=False)
            log.error("deployment %s cannot be served: %s", deployment.generation, error)
            return False
        self._served = served
        metrics.count_model_load(success=True)
        trained_at = datetime.fromisoformat(served.metadata.trained_at)
        metrics.note_served_model(deployment.generation, trained_at)
        metrics.note_model_in_force(served.model_version, deployment.generation)
        metrics.note_policy_in_force(served.policy.version)
        log.info("serving %s, deployment %s", served.address, deployment.generation)
        return True

    def _try_to_refresh(self) -> None:
        try:
            self.refresh()
        except Exception:  # the worker starts, says so, and looks again later
            log.exception("looking for a deployment failed")


def _load(deployment: Deployment, policy: Policy, before: ServedModel | None) -> ServedModel:
    bundle, scorer, explainer = _verified(deployments.load_bundle(deployment.bundle_digest))
    replaced = _replaced(bundle.catalogue, before, deployment)
    return ServedModel(
        deployment, bundle.catalogue, bundle.metadata, scorer, policy, explainer, replaced
    )


def _verified(content: bytes) -> tuple[Bundle, Scorer, Explainer]:
    bundle = Bundle.unpack(content)
    scorer = verify(bundle)
    return bundle, scorer, verify_explainer(bundle, scorer)


def _replaced(
    catalogue: Catalogue, before: ServedModel | None, deployment: Deployment
) -> Catalogue | None:
    """The catalogue that was served last, with other inputs; none if there was no other."""
    if before is None:
        older = deployments.history(before=deployment.generation, limit=FALLBACKS)
        catalogues: Iterator[Catalogue | None] = map(_catalogue_of, older)
    else:
        catalogues = iter((before.catalogue, before.replaced))
    others = (one for one in catalogues if one and one.fingerprint != catalogue.fingerprint)
    return next(others, None)


def _catalogue_of(deployment: Deployment) -> Catalogue | None:
    """The catalogue of a deployment; none if its bundle cannot be used any more."""
    try:
        return Bundle.unpack(deployments.load_bundle(deployment.bundle_digest)).catalogue
    except BrokenBundle:
        return None


def init_app(app: Flask) -> None:
    """Give an application a cache of its own."""
    app.extensions["model_cache"] = ModelCache()


def of_app(app: Flask) -> ModelCache:
    """The cache of an application."""
    cache: ModelCache = app.extensions["model_cache"]
    return cache


def current() -> ServedModel:
    """The model that this process serves.

    Raises:
        ModelUnavailable: there is none.
    """
    return of_app(current_app).current()
