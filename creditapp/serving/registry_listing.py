"""The registered versions as a page shows them: fetched by one request at a time, and kept for seconds.

Each fetch starts a process that loads MLflow; many readers of a page must not take the service's cores.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app

from creditapp.exceptions import RegistryUnavailable
from creditapp.serving import remote_commands

SECONDS_TO_WAIT = 30.0
"""Give up after this long, to free threads for scoring."""

SECONDS_KEPT = 10.0
"""A version trained in the meantime is seen after this long."""


@dataclass
class Listing:
    """The versions that this process fetched last, and the deployment that was in force then."""

    fetching: threading.Lock = field(default_factory=threading.Lock)
    versions: Sequence[dict[str, Any]] = ()
    generation: int | None = None
    kept_until: float = 0.0

    def at(self, generation: int | None) -> Sequence[dict[str, Any]]:
        """The versions, newest first; fetched again when another deployment is in force.

        Raises:
            RegistryUnavailable: the registry does not answer, or not in time.
        """
        if not self.fetching.acquire(timeout=SECONDS_TO_WAIT):
            raise RegistryUnavailable("another request is still waiting for the model registry")
        try:
            if generation != self.generation or time.monotonic() >= self.kept_until:
                self.versions = remote_commands.list_versions()
                self.generation = generation
                self.kept_until = time.monotonic() + SECONDS_KEPT
            return self.versions
        finally:
            self.fetching.release()


def init_app(app: Flask) -> None:
    """Give an application a listing of its own."""
    app.extensions["registry_listing"] = Listing()


def versions(generation: int | None) -> Sequence[dict[str, Any]]:
    """The registered versions, newest first; a promotion is seen at once, as it changes the deployment.

    Raises:
        RegistryUnavailable: the registry does not answer, or not in time.
    """
    listing: Listing = current_app.extensions["registry_listing"]
    return listing.at(generation)
