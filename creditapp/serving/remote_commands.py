"""Changes of the served model from within a worker: a child process runs the command, and loads MLflow."""

import json
import subprocess
import threading
from collections.abc import Sequence
from typing import Any

from flask import current_app

from creditapp.exceptions import (
    ChangeUnderWay,
    CreditappError,
    DatabaseUnavailable,
    ProposalClosed,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.identity.actors import Actor
from creditapp.identity.proposals import Proposal, Settlement
from creditapp.observability import metrics
from creditapp.phrase_documents import from_document
from creditapp.phrases import marked
from creditapp.serving import cache as model_cache
from creditapp.serving import change_lock, promotions
from creditapp.serving.deployments import Switch
from creditapp.serving.lifecycle import Permissions
from creditapp.settings import child_commands

REFUSED, UNDER_WAY, CLOSED = 3, 4, 5
"""Exit codes of commands: a version that must not be served, a change under way, a closed proposal."""

SECONDS = 90
REGISTRY_LIMITS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
"""Give up on a silent registry long before the client gives up on us."""

_changing = threading.Lock()
"""One change at a time in each process: a change keeps a thread busy for seconds."""


def reload(actor: Actor) -> Switch:
    """Serve what the registry's alias names: here at once, in other workers within a second.

    Raises:
        RefusedModel: nothing is promoted, or the promoted version cannot be served.
        RegistryUnavailable: the registry does not answer, or not in time.
        DatabaseUnavailable: the database does not answer.
        ChangeUnderWay: another change is under way in some process.
    """
    return _change(["deploy", "--json"], actor)


def promote(version: str, reason: str, actor: Actor, permissions: Permissions) -> Switch:
    """Make a registered version the production one, and serve it; raises what `reload` raises."""
    flags = _flags(permissions)
    return _change(["promote", "--json", *flags, f"--reason={reason}", "--", version], actor)


def approve(proposal: Proposal, settlement: Settlement) -> Switch:
    """Promote what was proposed, and settle the proposal with it; raises what `reload` raises.

    Raises:
        ProposalClosed: it was settled in the meantime.
    """
    flags = [*_flags(promotions.permissions_of(proposal)), f"--proposal={proposal.id}"]
    version = proposal.content["version"]
    command = ["promote", "--json", *flags, f"--reason={settlement.reason}", "--", version]
    return _change(command, settlement.actor)


def roll_back(reason: str, actor: Actor) -> Switch:
    """Serve the version that was served before; raises what `reload` raises."""
    return _change(["rollback", "--json", f"--reason={reason}"], actor)


def begin_challenge(version: str, share: float, reason: str, actor: Actor) -> None:
    """Let a registered version score a share (0 to 1) of the applications in the shadow.

    Raises:
        RefusedModel: the version is not registered, cannot be served, or is the served one.
        RegistryUnavailable: the registry does not answer, or not in time.
    """
    flags = [f"--share={share}", f"--reason={reason}", *_by(actor)]
    _run(["challenge", "--json", *flags, "--", version])


def list_versions() -> list[dict[str, Any]]:
    """The registered versions, newest first, as `flask models --json` prints them.

    Raises:
        RegistryUnavailable: the registry does not answer.
    """
    versions: list[dict[str, Any]] = _run(["models", "--json"])
    return versions


def read_documents(versions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The report and the table of points of some versions, as `flask documents` prints them.

    Raises:
        RefusedModel: a version does not exist.
        RegistryUnavailable: the registry does not answer.
    """
    documents: dict[str, dict[str, Any]] = _run(["documents", "--", *versions])
    return documents


def _flags(permissions: Permissions) -> list[str]:
    permitted = {
        "--accept-new-inputs": permissions.new_inputs,
        "--override": permissions.override,
        "--allow-protected": permissions.protected,
    }
    return [flag for flag, given in permitted.items() if given]


def _by(actor: Actor) -> list[str]:
    return [f"--actor={actor.label}", f"--request-id={actor.request_id}"]


def _change(command: list[str], actor: Actor) -> Switch:
    if not _changing.acquire(blocking=False):
        raise ChangeUnderWay(marked("another change of the model is under way"))
    try:
        # why: the command takes the lock itself; this only saves starting it in vain.
        change_lock.check_free()
        verb, *rest = command
        switch = Switch(**_run([verb, *_by(actor), *rest]))
    except (RefusedModel, RegistryUnavailable, DatabaseUnavailable):
        metrics.count_model_load(success=False)
        raise
    finally:
        _changing.release()
    model_cache.of_app(current_app).refresh()
    return switch


def _run(arguments: list[str]) -> Any:
    """Run a `flask` command and return its JSON answer; its failures are raised again here."""
    try:
        environment = {**REGISTRY_LIMITS, **child_commands.child_environment()}
        completed = child_commands.run(arguments, environment, SECONDS)
    except subprocess.TimeoutExpired as error:
        raise RegistryUnavailable(marked("the model registry did not answer in time")) from error
    return _parse(completed.returncode, completed.stdout)


def _parse(code: int, output: str) -> Any:
    """The last line of the output as JSON, or the failure it reports."""
    try:
        answer = json.loads(output.strip().rpartition("\n")[2])
    except ValueError:
        raise RegistryUnavailable(marked("the command that changes the model failed")) from None
    if code:
        failures: dict[int, type[CreditappError]] = {
            REFUSED: RefusedModel,
            UNDER_WAY: ChangeUnderWay,
            CLOSED: ProposalClosed,
        }
        raise failures.get(code, RegistryUnavailable)(from_document(answer["phrase"]))
    return answer
