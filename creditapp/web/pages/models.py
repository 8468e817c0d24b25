"""The page about models: what is registered, what is served by whom, what was, and changing it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from creditapp.applications.catalogue import BY_NAME
from creditapp.exceptions import (
    ChangeUnderWay,
    ModelUnavailable,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.observability import metrics, request_ids
from creditapp.serving import cache as model_cache
from creditapp.serving import deployments, registry_listing, remote_commands
from creditapp.web import access
from creditapp.web.errors import STATUS

blueprint = Blueprint("models", __name__)

REFUSALS = (RefusedModel, ChangeUnderWay, RegistryUnavailable)
LONGEST_REASON = 500

Page = str | tuple[str, int]


@blueprint.get("/models")
def overview() -> Page:
    """Versions, the deployment that each worker serves, and the history."""
    return _page(None, 200)


@blueprint.post("/models/promote")
def promote() -> Response | Page:
    """Make a registered version the production one, and serve it."""
    version = request.form.get("version", "")
    return _changed(remote_commands.promote, version)


@blueprint.post("/models/rollback")
def roll_back() -> Response | Page:
    """Serve the version that was served before."""
    return _changed(remote_commands.roll_back)


def _changed(change: Any, *arguments: str) -> Response | Page:
    """Change what is served, or say on the page why that was refused."""
    reason = request.form.get("reason", "").strip()
    given = (*arguments, reason)
    if not all(0 < len(one) <= LONGEST_REASON and one.isprintable() for one in given):
        return _page(
            gettext(
                "A version and a reason are expected, printable and of up to %(most)s characters; "
                "nothing was changed.",
                most=LONGEST_REASON,
            ),
            422,
        )
    try:
        change(*arguments, reason, access.current().label, request_ids.current())
    except REFUSALS as error:
        return _page(str(error), STATUS[type(error)])
    return redirect(url_for("models.overview"))


def _page(problem: str | None, status: int) -> Page:
    history = deployments.history()
    versions, away = _versions(history[0].generation if history else None)
    shown = {
        "versions": versions,
        "registry_is_away": away,
        "history": history,
        "workers": metrics.served_by_workers(),
        "problem": problem,
        "protected_used": _protected_used(),
        "questions": BY_NAME,
    }
    return render_template("models.html", **shown), status


def _protected_used() -> Sequence[str]:
    """The protected answers that the model in this process uses; none without one."""
    try:
        return model_cache.current().metadata.protected_used
    except ModelUnavailable:
        return ()


def _versions(generation: int | None) -> tuple[Sequence[dict[str, Any]], bool]:
    """The registered versions; what is served can be shown without the registry too."""
    try:
        return registry_listing.versions(generation), False
    except RegistryUnavailable:
        return [], True
