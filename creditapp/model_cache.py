"""The model this process serves: loaded aside, checked, and put in place by one assignment."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from creditapp import deployments, metrics
from creditapp.bundle import Bundle, Metadata, digest
from creditapp.deployments import Deployment
from creditapp.exceptions import BrokenBundle, ModelUnavailable, RegistryUnavailable
from creditapp.scoring import Scorer, checked_scorer

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5

_reloading = threading.Lock()
"""One reload at a time in each process: each holds a thread for seconds."""


@dataclass(frozen=True)
class ServedModel:
    """A deployment with its scorer; never changed, only replaced."""

    deployment: Deployment
    metadata: Metadata
    scorer: Scorer

    @property
    def model_version(self) -> str:
        """The registered version that scores."""
        return self.deployment.model_version

    @property
    def address(self) -> str:
        """The version's address in the registry."""
        return f"models:/{self.deployment.model_name}/{self.model_version}"


class ModelCache:
    """Follows the deployment in force; a model that cannot be loaded leaves the old one in place."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._refused: int | None = None
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
        """Look at the deployment in force once, and load it if it is another one."""
        with self._lock:
            try:
                deployment = deployments.in_force()
                if deployment and self._is_new(deployment):
                    self._load(deployment)
            except ModelUnavailable as error:
                log.warning("%s", error)

    def follow(self, app: Flask) -> None:
        """Keep looking, in a thread of this process, for as long as it lives."""
        self._following = True
        threading.Thread(target=self._look_for_ever, args=[app], daemon=True).start()

    def _is_new(self, deployment: Deployment) -> bool:
        served = self._served.deployment.generation if self._served else None
        return deployment.generation not in (served, self._refused)

    def _load(self, deployment: Deployment) -> None:
        try:
            served = _load(deployment)
        except BrokenBundle as error:
            self._refused = deployment.generation
            metrics.count_model_load(success=False)
            log.error("deployment %s cannot be served: %s", deployment.generation, error)
            return
        self._served = served
        metrics.count_model_load(success=True)
        trained_at = datetime.fromisoformat(served.metadata.trained_at)
        metrics.note_served_model(deployment.generation, trained_at)
        log.info("serving %s, deployment %s", served.address, deployment.generation)

    def _look_for_ever(self, app: Flask) -> None:
        pause = threading.Event()
        with app.app_context():
            while True:
                try:
                    self.refresh()
                except Exception:  # a worker without news goes on with what it has
                    log.exception("looking for a new deployment failed")
                pause.wait(SECONDS_BETWEEN_LOOKS)


def _load(deployment: Deployment) -> ServedModel:
    packed = deployments.bundle_of(deployment)
    if digest(packed) != deployment.bundle_digest:
        raise BrokenBundle("the stored bundle was altered")
    bundle = Bundle.unpack(packed)
    return ServedModel(deployment, bundle.metadata, checked_scorer(bundle))


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


def reload(actor: str, request_id: str) -> deployments.Reload:
    """Bring what is served up to the registry, in this process at once, in the others within a second.

    Raises:
        RefusedModel, RegistryUnavailable: the registry's version was refused, or the registry did not answer.
    """
    if not _reloading.acquire(blocking=False):
        raise RegistryUnavailable("a reload is under way")
    try:
        done = deployments.reload_from_registry(actor, request_id)
    finally:
        _reloading.release()
    of_app(current_app).refresh()
    return done
