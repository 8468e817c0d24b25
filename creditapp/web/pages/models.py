"""The page about models: what is registered, what each worker serves, the history, and changes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
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
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import ADMINS, ANALYSTS, open_to
from creditapp.web.phrasing import explain

blueprint = Blueprint("models", __name__)

LONGEST_REASON = 500

WITH_LISTING = ("models.overview", "challenger.overview", "models.compare")
"""The pages that a refresh leads back to."""
SECONDS_TO_LOOK_AGAIN = 3

Page = str | tuple[str, int]
Show = Callable[[str, int], Response | Page]
"""Shows why a change was refused."""


@blueprint.get("/models")
@open_to(ANALYSTS)
def overview() -> Page:
    """List the versions, what each worker serves, and the deployments."""
    rate_limits.spend_reading()
    return _page(None, 200)


@blueprint.post("/models/refresh")
@open_to(ANALYSTS)
def refresh() -> Response:
    """Ask the registry again, in the background; the page that was left shows what is known until then."""
    rate_limits.spend_reading()
    registry_listing.refresh()
    flash(gettext("The model registry is asked again. Load this page again in some seconds."))
    wanted = request.form.get("next", "")
    return redirect(url_for(wanted if wanted in WITH_LISTING else "models.overview"))


@blueprint.get("/models/<version>")
@open_to(ANALYSTS)
def version(version: str) -> Response | Page:
    """Show a version: its approval, the conditions of a promotion, and its report."""
    rate_limits.spend_reading()
    shown = _known_of(version)
    return _version_page(shown) if shown else _waiting_page()


@blueprint.get("/models/compare")
@open_to(ANALYSTS)
def compare() -> Response | Page:
    """Show the reports of two versions side by side."""
    rate_limits.spend_reading()
    first, second = request.args.get("first", ""), request.args.get("second", "")
    listed = registry_listing.versions()
    versions = listed.document or []
    chosen = {first, second} & {one["version"] for one in versions}
    known = _documents([first, second]) if len(chosen) == 2 else {}
    if None in known.values():
        return _waiting_page()
    without = [name for name, one in known.items() if one and one["report"] is None]
    context = {
        "versions": versions,
        "registry": listed,
        "chosen": (first, second),
        "without_report": without,
        "chapters": _compared(known) if known and not without else (),
    }
    return render_template("compare.html", **context), 200


@blueprint.post("/models/promote")
@open_to(ADMINS)
def promote() -> Response | Page:
    """Make a registered version the production one, and serve it."""
    permissions = Permissions(
        new_inputs="accept_new_inputs" in request.form, override="override" in request.form
    )
    version = request.form.get("version", "")
    return _change(partial(_promote, permissions), partial(_show_refused, version), version)


@blueprint.post("/models/rollback")
@open_to(ADMINS)
def roll_back() -> Response | Page:
    """Serve the version that was served before."""
    return _change(_roll_back, _page)


def show_problem(problem: str, status: int) -> Page:
    """The page with the reason why a change was refused."""
    return _page(problem, status)


def _promote(permissions: Permissions, version: str, reason: str, actor: Actor) -> str:
    confirmation.confirm()
    if current_settings().two_people:
        promotions.propose(version, reason, actor, permissions)
        return str(
            gettext(
                "Version %(version)s is proposed; another person must approve it.", version=version
            )
        )
    remote_commands.promote(version, reason, actor, permissions)
    return str(gettext("Version %(version)s is in production and served.", version=version))


def _roll_back(reason: str, actor: Actor) -> str:
    served = remote_commands.roll_back(reason, actor).model_version
    # why: not in the command, which must not wait for a registry that is away.
    registry_listing.refresh_after_change()
    return str(gettext("Version %(version)s is served again.", version=served))


def _change(change: Callable[..., str], show: Show, *arguments: str) -> Response | Page:
    """Change what is served and say so, or show why the change was refused."""
    given = (*arguments, request.form.get("reason", "").strip())
    if not all(0 < len(text) <= LONGEST_REASON and text.isprintable() for text in given):
        problem = gettext(
            "Give a version and a reason of at most %(most)s printable characters; "
            "nothing was changed.",
            most=LONGEST_REASON,
        )
        return show(str(problem), 422)
    try:
        flash(change(*given, access.current_actor()))
    except (NotConfirmed, RefusedModel, ChangeUnderWay, RegistryUnavailable) as error:
        return show(explain(error), error.status)
    return redirect(url_for("models.overview"))


def _show_refused(version: str, problem: str, status: int) -> Response | Page:
    """The page of the version that was not promoted, or of all versions where this one is not known."""
    try:
        shown = _known_of(version)
    except (UnknownVersion, RegistryUnavailable):
        shown = None
    return _version_page(shown, problem, status) if shown else _page(problem, status)


def _version_page(shown: Mapping[str, Any], problem: str = "", status: int = 200) -> Page:
    two_people = current_settings().two_people
    page = render_template("version.html", **shown, two_people=two_people, problem=problem)
    return page, status


def _known_of(version: str) -> dict[str, Any] | None:
    """What the page of a version shows; none while the registry is being asked for it.

    Raises:
        UnknownVersion: it is not registered.
        RegistryUnavailable: it is not known, and the registry does not answer.
    """
    listed = registry_listing.versions()
    if listed.document is None:
        if listed.problem:
            raise RegistryUnavailable(listed.problem)
        return None
    by_name = {one["version"]: one for one in listed.document}
    if version not in by_name:
        raise UnknownVersion(version)
    in_production = [one["version"] for one in listed.document if one["stage"] == "Production"]
    production = in_production[0] if in_production else None
    known = _documents(dict.fromkeys([version, *in_production[:1]]))
    found, documents = by_name[version], known[version]
    if documents is None or None in known.values():
        return None
    report = documents["report"]
    before = known[production] if production else None
    return {
        "version": found,
        "registry": listed,
        "conditions": check_conditions(
            Candidate(version, found["digest"], report),
            production,
            before["report"] if before else None,
        ),
        "report": report,
        "chapters": [
            *(chapters(report) if report else ()),
            *points_chapter(documents["points_table"]),
        ],
    }


def _documents(versions: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """What is known of the documents of some registered versions; none where they are being fetched.

    Raises:
        RegistryUnavailable: they are not known, and the registry does not answer.
    """
    known = {version: registry_listing.documents(version) for version in versions}
    for one in known.values():
        if one.document is None and one.problem:
            raise RegistryUnavailable(one.problem)
    return {version: one.document for version, one in known.items()}


def _waiting_page() -> Response:
    """A page that loads itself again until the registry has answered; not an answer to a form."""
    response = make_response(render_template("registry_waiting.html"))
    response.headers["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return response


def _compared(documents: Mapping[str, dict[str, Any] | None]) -> Sequence[Chapter]:
    first, second = ((name, one["report"]) for name, one in documents.items() if one)
    return compared(first, second)


def _page(problem: str | None, status: int) -> Page:
    history = deployments.history()
    listed = registry_listing.versions()
    context = {
        "versions": listed.document or [],
        "registry": listed,
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
