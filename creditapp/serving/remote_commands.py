"""Changing what is served from within a worker: in a process of its own, which alone may load MLflow."""

import json
import os
import subprocess
import sys
import threading
from typing import Any

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from creditapp.exceptions import (
    ChangeUnderWay,
    CreditappError,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache
from creditapp.serving import change_lock
from creditapp.serving.deployments import Reload
from creditapp.settings.paths import ROOT

REFUSED, UNDER_WAY = 3, 4
"""The exit codes by which a command says that a version must not be served, or that it is not its turn."""

SECONDS = 90
LIMITS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
"""A registry that does not answer is given up long before whoever asks."""

_changing = threading.Lock()
"""One change at a time in each process: each holds a thread for seconds."""


def reload(actor: str, request_id: str) -> Reload:
    """Bring what is served up to the registry's alias, here at once, elsewhere within a second.

    Raises:
        RefusedModel: nothing is promoted, or the promoted version cannot be served.
        RegistryUnavailable: the registry or the database did not answer, or not in time.
        ChangeUnderWay: another change is made, in whichever process.
    """
    return _change(["deploy", "--json"], actor, request_id)


def promote(version: str, reason: str, actor: str, request_id: str) -> Reload:
    """Make a registered version the production one, and serve it; raises what `reload` does."""
    return _change(["promote", "--json", f"--reason={reason}", "--", version], actor, request_id)


def roll_back(reason: str, actor: str, request_id: str) -> Reload:
    """Serve the version that was served before; raises what `reload` does."""
    return _change(["rollback", "--json", f"--reason={reason}"], actor, request_id)


def registered() -> list[dict[str, Any]]:
    """The registered versions, newest first, as `flask models --json` tells them.

    Raises:
        RegistryUnavailable: the registry did not answer.
    """
    versions: list[dict[str, Any]] = _run(["models", "--json"])
    return versions


def _change(command: list[str], actor: str, request_id: str) -> Reload:
    if not _changing.acquire(blocking=False):
        raise ChangeUnderWay("another change of the model is under way")
    try:
        _check_free()
        verb, *rest = command
        done = Reload(**_run([verb, f"--actor={actor}", f"--request-id={request_id}", *rest]))
    except (RefusedModel, RegistryUnavailable):
        metrics.count_model_load(success=False)
        raise
    finally:
        _changing.release()
    model_cache.of_app(current_app).refresh()
    return done


def _check_free() -> None:
    """The command takes the turn itself; this spares it the start where another has it."""
    try:
        change_lock.check_free()
    except SQLAlchemyError as error:
        raise RegistryUnavailable("the database does not answer") from error


def _run(arguments: list[str]) -> Any:
    """What a `flask` command of ours answers as JSON; its failures are raised here again."""
    environment = {**LIMITS, **os.environ, "FLASK_SKIP_DOTENV": "1"}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RegistryUnavailable("the model registry did not answer in time") from error
    return _answer(done.returncode, done.stdout)


def _answer(code: int, output: str) -> Any:
    """The last line, or the failure that it tells of."""
    try:
        answer = json.loads(output.strip().rpartition("\n")[2])
    except ValueError:
        raise RegistryUnavailable("the command that changes the model failed") from None
    if code:
        failures: dict[int, type[CreditappError]] = {
            REFUSED: RefusedModel,
            UNDER_WAY: ChangeUnderWay,
        }
        raise failures.get(code, RegistryUnavailable)(answer["error"])
    return answer
