"""The registered versions as pages show them: fetched by one request at a time, and kept for seconds.

Each fetch starts a process that loads MLflow; many readers of a page must not take the service's cores.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask, current_app

from creditapp.exceptions import RegistryUnavailable
from creditapp.phrases import marked
from creditapp.serving import remote_commands

STAGES = (marked("Production"), marked("Staging"), marked("Archived"), marked("None"))
"""The stages that the registry gives."""

SECONDS_TO_WAIT = 30.0
"""Give up after this long, to free threads for scoring."""

SECONDS_KEPT = 10.0
"""A version trained in the meantime is seen after this long."""


@dataclass
class Kept:
    """What this process fetched last from the registry, and what it was fetched for."""

    fetching: threading.Lock = field(default_factory=threading.Lock)
    answer: Any = None
    key: object = None
    kept_until: float = 0.0

    def get(self, key: object, fetch: Callable[[], Any]) -> Any:
        """The answer for a key; fetched again for another key, or after some seconds.

        Raises:
            RegistryUnavailable: the registry does not answer, or not in time.
        """
        if not self.fetching.acquire(timeout=SECONDS_TO_WAIT):
            raise RegistryUnavailable(
                marked("another request is still waiting for the model registry")
            )
        try:
            if key != self.key or time.monotonic() >= self.kept_until:
                self.answer = fetch()
                self.key = key
                self.kept_until = time.monotonic() + SECONDS_KEPT
            return self.answer
        finally:
            self.fetching.release()


@dataclass(frozen=True)
class Listing:
    """What the pages of one application know of the registry."""

    versions: Kept = field(default_factory=Kept)
    documents: Kept = field(default_factory=Kept)


def init_app(app: Flask) -> None:
    """Give an application a listing of its own."""
    app.extensions["registry_listing"] = Listing()


def versions(generation: int | None) -> Sequence[dict[str, Any]]:
    """The registered versions, newest first; a promotion is seen at once, as it changes the deployment.

    Raises:
        RegistryUnavailable: the registry does not answer, or not in time.
    """
    kept = _listing().versions
    listed: Sequence[dict[str, Any]] = kept.get((generation,), remote_commands.list_versions)
    return listed


def documents(wanted: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The report and the table of points of some versions, by version.

    Raises:
        RefusedModel: a version does not exist.
        RegistryUnavailable: the registry does not answer, or not in time.
    """
    fetch = partial(remote_commands.read_documents, wanted)
    found: Mapping[str, dict[str, Any]] = _listing().documents.get(tuple(wanted), fetch)
    return found


def _listing() -> Listing:
    listing: Listing = current_app.extensions["registry_listing"]
    return listing
