"""The registered versions as pages show them: what the registry said last, asked for in the background.

Each question starts a process that loads MLflow, which takes seconds. So no request waits for it: a page
shows the last answer with its age, and one process of all workers asks again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
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
"""An answer that is older is asked for again when somebody looks at it; so is one that failed before that."""
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


def refresh_after_change() -> None:
    """Ask for the versions also where they are being asked for: that answer may be older than the change."""
    _ask(VERSIONS, remote_commands.list_versions, anew=True)


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
    is_young = not known.is_older_than(FRESH) or known.has_failed_within(FRESH)
    if known.is_asked or is_young:
        return known
    _ask(name, fetch)
    return registry_copies.find(name)


def _ask(name: str, fetch: Callable[[], Any], *, anew: bool = False) -> None:
    if asked_at := registry_copies.claim(name, anew=anew):
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        run: Run = app.extensions["registry_listing"]
        run(partial(_work, app, name, asked_at, fetch))


def _work(app: Flask, name: str, asked_at: datetime, fetch: Callable[[], Any]) -> None:
    """Ask the registry, and keep the answer or why there is none."""
    with app.app_context():
        try:
            try:
                registry_copies.keep_answer(name, asked_at, fetch())
            except (RegistryUnavailable, RefusedModel) as error:
                registry_copies.keep_problem(name, asked_at, error.phrase)
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
