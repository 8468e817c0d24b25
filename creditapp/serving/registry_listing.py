"""The registered versions as a page shows them: asked for once at a time, and kept for a moment.

Each question starts a process that loads MLflow; its readers must not cost the service its cores.
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
"""Longer a reader is not kept from a thread that could score."""

SECONDS_KEPT = 10.0
"""After these a version that was trained meanwhile is seen."""


@dataclass
class Listing:
    """What one process was told last, while which deployment was in force."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    versions: Sequence[dict[str, Any]] = ()
    generation: int | None = None
    kept_until: float = 0.0

    def at(self, generation: int | None) -> Sequence[dict[str, Any]]:
        """The versions, newest first, as long as this deployment is in force; whoever comes meanwhile waits.

        Raises:
            RegistryUnavailable: the registry did not answer, or not yet; the next who asks tries again.
        """
        if not self.asking.acquire(timeout=SECONDS_TO_WAIT):
            raise RegistryUnavailable("the model registry is being asked already")
        try:
            if generation != self.generation or time.monotonic() >= self.kept_until:
                self.versions = remote_commands.registered()
                self.generation = generation
                self.kept_until = time.monotonic() + SECONDS_KEPT
            return self.versions
        finally:
            self.asking.release()


def init_app(app: Flask) -> None:
    """A listing of this application's own."""
    app.extensions["registered"] = Listing()


def versions(generation: int | None) -> Sequence[dict[str, Any]]:
    """The registered versions; what a change brought is seen at once, as it made another deployment.

    Raises:
        RegistryUnavailable: the registry did not answer.
    """
    listing: Listing = current_app.extensions["registered"]
    return listing.at(generation)
