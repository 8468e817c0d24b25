"""The page about models: what is registered, what each worker serves, the history, and changes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from creditapp.exceptions import (
    ChangeUnderWay,
    ModelUnavailable,
    NotConfirmed,
    RefusedModel,
    RegistryUnavailable,
    UnknownVersion,
)
from creditapp.identity import proposals
from creditapp.identity.actors import Actor
from creditapp.identity.proposals import Kind
from creditapp.observability import metrics
from creditapp.reports.chapter import Chapter
from creditapp.reports.chapters import chapters
from creditapp.reports.comparison import compared
from creditapp.reports.conditions import Candidate, check_conditions
from creditapp.reports.points import points_chapter
from creditapp.serving import cache as model_cache
from creditapp.serving import (
    deployments,
    promotions,
    registry_listing,
    remote_commands,
)
from creditapp.serving.lifecycle import Permissions
from creditapp.settings.current import current_settings
from creditapp.web import access, confirmation
from creditapp.web.access import ADMINS, ANALYSTS, open_to
from creditapp.web.phrasing import explain

blueprint = Blueprint("models", __name__)

LONGEST_REASON = 500

Page = str | tuple[str, int]


@blueprint.get("/models")
@open_to(ANALYSTS)
def overview() -> Page:
    """List the versions, what each worker serves, and the deployments."""
    return _page(None, 200)


@blueprint.get("/models/<version>")
@open_to(ANALYSTS)
def version(version: str) -> Page:
    """Show a version: its approval, the conditions of a promotion, and its report."""
    found, production = _find(version)
    names = dict.fromkeys([version, *([production["version"]] if production else [])])
    documents = registry_listing.documents([*names])
    report = documents[version]["report"]
    context = {
        "version": found,
        "conditions": check_conditions(
            Candidate(version, found["digest"], report),
            production["version"] if production else None,
            documents[production["version"]]["report"] if production else None,
        ),
        "report": report,
        "chapters": [
            *(chapters(report) if report else ()),
            *points_chapter(documents[version]["points_table"]),
        ],
    }
    return render_template("version.html", **context)


@blueprint.get("/models/compare")
@open_to(ANALYSTS)
def compare() -> Page:
    """Show the reports of two versions side by side."""
    first, second = request.args.get("first", ""), request.args.get("second", "")
    versions, is_away = _versions(_generation())
    chosen = {first, second} & {one["version"] for one in versions}
    documents = registry_listing.documents([first, second]) if len(chosen) == 2 else {}
    without = [name for name, one in documents.items() if one["report"] is None]
    context = {
        "versions": versions,
        "registry_is_away": is_away,
        "chosen": (first, second),
        "without_report": without,
        "chapters": _compared(documents) if documents and not without else (),
    }
    return render_template("compare.html", **context)


@blueprint.post("/models/promote")
@open_to(ADMINS)
def promote() -> Response | Page:
    """Make a registered version the production one, and serve it."""
    permissions = Permissions(
        new_inputs="accept_new_inputs" in request.form, override="override" in request.form
    )
    return _change(partial(_promote, permissions), request.form.get("version", ""))


@blueprint.post("/models/rollback")
@open_to(ADMINS)
def roll_back() -> Response | Page:
    """Serve the version that was served before."""
    return _change(remote_commands.roll_back)


def show_problem(problem: str, status: int) -> Page:
    """The page with the reason why a change was refused."""
    return _page(problem, status)


def _promote(permissions: Permissions, version: str, reason: str, actor: Actor) -> None:
    confirmation.confirm()
    if current_settings().two_people:
        promotions.propose(version, reason, actor, permissions)
        return
    remote_commands.promote(version, reason, actor, permissions)


def _change(change: Callable[..., object], *arguments: str) -> Response | Page:
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
    except (NotConfirmed, RefusedModel, ChangeUnderWay, RegistryUnavailable) as error:
        return _page(explain(error), error.status)
    return redirect(url_for("models.overview"))


def _find(version: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A registered version, and the one in production if there is one.

    Raises:
        UnknownVersion: it is not registered.
        RegistryUnavailable: the registry does not answer, or not in time.
    """
    versions = registry_listing.versions(_generation())
    by_name = {one["version"]: one for one in versions}
    if version not in by_name:
        raise UnknownVersion(version)
    production = [one for one in versions if one["stage"] == "Production"]
    return by_name[version], production[0] if production else None


def _compared(documents: Mapping[str, dict[str, Any]]) -> Sequence[Chapter]:
    first, second = ((name, one["report"]) for name, one in documents.items())
    return compared(first, second)


def _generation() -> int | None:
    """The deployment in force."""
    in_force = deployments.in_force()
    return in_force.generation if in_force else None


def _page(problem: str | None, status: int) -> Page:
    history = deployments.history()
    versions, is_away = _versions(_generation())
    context = {
        "versions": versions,
        "registry_is_away": is_away,
        "history": history,
        "workers": metrics.served_by_workers(),
        "problem": problem,
        "two_people": current_settings().two_people,
        "proposals": proposals.find_open(Kind.PROMOTION),
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
