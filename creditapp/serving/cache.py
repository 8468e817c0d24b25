"""The model this process serves: loaded aside, checked, and put in place by one assignment."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Flask, current_app

from creditapp.exceptions import BrokenBundle, ModelUnavailable
from creditapp.explanations.reasons import Explainer, checked_explainer
from creditapp.observability import metrics
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle, Metadata
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import accepted
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.25

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds until a deployment that could not be loaded is tried again, for the first time and at last."""

FALLBACKS = 20
"""How many older deployments a process tries that has nothing to serve."""


@dataclass(frozen=True)
class ServedModel:
    """A deployment with its scorer, its explainer and the policy over it; never changed, only replaced."""

    deployment: Deployment
    metadata: Metadata
    scorer: Scorer
    explainer: Explainer
    policy: Policy

    @property
    def model_version(self) -> str:
        """The registered version that scores."""
        return self.deployment.model_version

    @property
    def address(self) -> str:
        """The version's address in the registry."""
        return f"models:/{self.deployment.model_name}/{self.model_version}"


@dataclass(frozen=True)
class Refusal:
    """A deployment that could not be loaded so many times, and when it is tried again."""

    generation: int
    times: int
    again_at: float

    @classmethod
    def after(cls, former: "Refusal | None", generation: int) -> "Refusal":
        """One more refusal; the pause is doubled each time."""
        times = former.times + 1 if former and former.generation == generation else 1
        pause = min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE)
        return cls(generation, times, time.monotonic() + pause)

    def stands(self, generation: int) -> bool:
        """Whether it is too early to try this deployment again."""
        return self.generation == generation and time.monotonic() < self.again_at


class ModelCache:
    """Follows the deployment in force; a model that cannot be loaded leaves the old one in place."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._refusal: Refusal | None = None
        self._following = False
        self._lock = threading.Lock()

    def current(self) -> ServedModel:
        """The model to score with.

        Raises:
            ModelUnavailable: none was ever loaded in this process.
        """
        if not self._following:
            self.refresh()
        if self._served is None:
            raise ModelUnavailable("no model is ready to be served")
        return self._served

    def refresh(self) -> None:
        """Look at the deployment and the policy in force once, and take over what is another one."""
        with self._lock:
            try:
                deployment = deployments.in_force()
                if deployment and self._is_to_be_loaded(deployment):
                    self._bring_up_to(deployment)
                self._take_over_policy()
            except ModelUnavailable as error:
                log.warning("%s", error)

    def _take_over_policy(self) -> None:
        """One assignment again: who has begun with the pair in place ends with it."""
        if self._served is None:
            return
        policy = policy_versions.in_force()
        if policy.version != self._served.policy.version:
            self._served = replace(self._served, policy=policy)
            log.info("deciding by policy %s", policy.version)

    def follow(self, app: Flask) -> None:
        """Look before the first request is taken, and then in a thread of this process for ever."""
        self._following = True
        with app.app_context():
            self._look()
        threading.Thread(target=self._look_for_ever, args=[app], daemon=True).start()

    def _is_to_be_loaded(self, deployment: Deployment) -> bool:
        served = self._served.deployment.generation if self._served else None
        refused = self._refusal is not None and self._refusal.stands(deployment.generation)
        return deployment.generation != served and not refused

    def _bring_up_to(self, newest: Deployment) -> None:
        """A process that has no model yet falls back to the newest that can be served."""
        if self._loads(newest):
            self._refusal = None
            return
        self._refusal = Refusal.after(self._refusal, newest.generation)
        if self._served is None:
            older = deployments.history(before=newest.generation, limit=FALLBACKS)
            if any(self._loads(one) for one in older):
                log.error("deployment %s is not served, but an older one", newest.generation)

    def _loads(self, deployment: Deployment) -> bool:
        """Try to serve a deployment, and say whether it is served now."""
        try:
            served = _load(deployment, policy_versions.in_force())
        except BrokenBundle as error:
            metrics.count_model_load(success=False)
            log.error("deployment %s cannot be served: %s", deployment.generation, error)
            return False
        self._served = served
        metrics.count_model_load(success=True)
        trained_at = datetime.fromisoformat(served.metadata.trained_at)
        metrics.note_served_model(deployment.generation, trained_at)
        log.info("serving %s, deployment %s", served.address, deployment.generation)
        return True

    def _look_for_ever(self, app: Flask) -> None:
        pause = threading.Event()
        with app.app_context():
            while True:
                pause.wait(SECONDS_BETWEEN_LOOKS)
                self._look()

    def _look(self) -> None:
        try:
            self.refresh()
        except Exception:  # a worker without news goes on with what it has
            log.exception("looking for a new deployment failed")


def _load(deployment: Deployment, policy: Policy) -> ServedModel:
    bundle = Bundle.unpack(deployments.bundle_of(deployment))
    scorer = accepted(bundle)
    explainer = checked_explainer(bundle, scorer)
    return ServedModel(deployment, bundle.metadata, scorer, explainer, policy)


def of_app(app: Flask) -> ModelCache:
    """The cache that belongs to an application."""
    cache: ModelCache = app.extensions["model_cache"]
    return cache


def current() -> ServedModel:
    """The model that this process serves.

    Raises:
        ModelUnavailable: there is none.
    """
    return of_app(current_app).current()
