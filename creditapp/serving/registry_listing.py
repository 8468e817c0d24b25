"""The registered versions as pages show them: what the registry said last, asked for in the background.

Each question starts a process that loads MLflow, which takes seconds. So no request waits for it: a page
shows the last answer with its age, and one process of all workers asks again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask, current_app

from creditapp.exceptions import DatabaseUnavailable, RefusedModel, RegistryUnavailable
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import marked
from creditapp.serving import registry_copies, remote_commands
from creditapp.serving.registry_copies import Known

log = logging.getLogger(__name__)

STAGES = (marked("Production"), marked("Staging"), marked("Archived"), marked("None"))
"""The stages that the registry gives."""


FRESH = timedelta(seconds=60)
"""An answer that is older is asked for again when somebody looks at it."""
VERSIONS = "versions"

Run = Callable[[Callable[[], None]], None]
"""Runs the work of a refresh."""


def init_app(app: Flask) -> None:
    """Have an application ask the registry in threads of their own."""
    app.extensions["registry_listing"] = in_background


def in_background(work: Callable[[], None]) -> None:
    """Run a work in a thread that ends with the process."""
    threading.Thread(target=work, name="registry", daemon=True).start()


def versions() -> Known:
    """The registered versions, newest first, as `flask models --json` prints them; asked again if too old.

    Raises:
        DatabaseUnavailable: what is known cannot be read.
    """
    return _looked_up(VERSIONS, remote_commands.list_versions)


def documents(version: str) -> Known:
    """The report and the table of points of a registered version; asked again if too old.

    Raises:
        DatabaseUnavailable: what is known cannot be read.
    """
    return _looked_up(_documents_of(version), partial(_read_documents, version))


def refresh() -> None:
    """Ask for the versions again, however young the last answer is."""
    _ask(VERSIONS, remote_commands.list_versions)


def keep_versions(listed: Sequence[dict[str, Any]]) -> None:
    """Keep the versions, as a command that has just changed something has read them.

    Raises:
        DatabaseUnavailable: they cannot be written.
    """
    registry_copies.keep(VERSIONS, list(listed))


def forget_documents(version: str) -> None:
    """Drop what is known of a version's documents, as a new report was made.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    registry_copies.forget(_documents_of(version))


def _looked_up(name: str, fetch: Callable[[], Any]) -> Known:
    known = registry_copies.find(name)
    if known.is_asked or not known.is_older_than(FRESH):
        return known
    _ask(name, fetch)
    return registry_copies.find(name)


def _ask(name: str, fetch: Callable[[], Any]) -> None:
    if registry_copies.claim(name):
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        run: Run = app.extensions["registry_listing"]
        run(partial(_work, app, name, fetch))


def _work(app: Flask, name: str, fetch: Callable[[], Any]) -> None:
    """Ask the registry, and keep the answer or why there is none."""
    with app.app_context():
        try:
            try:
                registry_copies.keep(name, fetch())
            except (RegistryUnavailable, RefusedModel) as error:
                registry_copies.keep_problem(name, str(error))
        except DatabaseUnavailable as error:
            log.warning(
                "what the registry said is not kept: %s: %r",
                error,
                error.__cause__,
                extra=MAY_REPEAT,
            )


def _read_documents(version: str) -> dict[str, Any]:
    return remote_commands.read_documents([version])[version]


def _documents_of(version: str) -> str:
    return f"documents {version}"
