"""The page about models: what is registered, what each worker serves, the history, and changes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from creditapp.exceptions import (
    ChangeUnderWay,
    ModelUnavailable,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache
from creditapp.serving import deployments, registry_listing, remote_commands
from creditapp.serving.deployments import Switch
from creditapp.serving.lifecycle import Permissions
from creditapp.web import access
from creditapp.web.access import ADMINS, ANALYSTS, open_to

blueprint = Blueprint("models", __name__)

LONGEST_REASON = 500

Page = str | tuple[str, int]


@blueprint.get("/models")
@open_to(ANALYSTS)
def overview() -> Page:
    """List the versions, what each worker serves, and the deployments."""
    return _page(None, 200)


@blueprint.post("/models/promote")
@open_to(ADMINS)
def promote() -> Response | Page:
    """Make a registered version the production one, and serve it."""
    permissions = Permissions(
        new_inputs="accept_new_inputs" in request.form, override="override" in request.form
    )
    change = partial(remote_commands.promote, permissions=permissions)
    return _change(change, request.form.get("version", ""))


@blueprint.post("/models/rollback")
@open_to(ADMINS)
def roll_back() -> Response | Page:
    """Serve the version that was served before."""
    return _change(remote_commands.roll_back)


def _change(change: Callable[..., Switch], *arguments: str) -> Response | Page:
    """Change what is served, or show why the change was refused."""
    given = (*arguments, request.form.get("reason", "").strip())
    if not all(0 < len(text) <= LONGEST_REASON and text.isprintable() for text in given):
        problem = gettext(
            "Give a version and a reason of at most %(most)s printable characters; "
            "nothing was changed.",
            most=LONGEST_REASON,
        )
        return _page(problem, 422)
    try:
        change(*given, access.current_actor())
    except (RefusedModel, ChangeUnderWay, RegistryUnavailable) as error:
        return _page(str(error), error.status)
    return redirect(url_for("models.overview"))


def _page(problem: str | None, status: int) -> Page:
    history = deployments.history()
    versions, is_away = _versions(history[0].generation if history else None)
    context = {
        "versions": versions,
        "registry_is_away": is_away,
        "history": history,
        "workers": metrics.served_by_workers(),
        "problem": problem,
        **_protected(),
    }
    return render_template("models.html", **context), status


def _protected() -> dict[str, Any]:
    """The protected answers that this process's model uses; none without a model."""
    try:
        served = model_cache.current()
    except ModelUnavailable:
        return {"protected_used": (), "questions": {}}
    return {"protected_used": served.protected_used, "questions": served.catalogue.by_name}


def _versions(generation: int | None) -> tuple[Sequence[dict[str, Any]], bool]:
    """The registered versions, and whether the registry is away; the page is shown without it too."""
    try:
        return registry_listing.versions(generation), False
    except RegistryUnavailable:
        return [], True
