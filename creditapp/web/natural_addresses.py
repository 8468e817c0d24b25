"""Addresses that browsers, monitoring and people try without being told."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from flask import Blueprint, Flask, Request, Response, current_app, redirect, url_for
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web.access import ANYONE, open_to
from creditapp.web.api import routes

blueprint = Blueprint("natural_addresses", __name__)

NO_ROBOTS = "User-agent: *\nDisallow: /\n"
VALID = timedelta(days=180)
"""For how long the contact for security reports is said to be valid (RFC 9116 advises under a year)."""


def init_app(app: Flask) -> None:
    """Add the addresses."""
    app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", "healthz", routes.live)
    app.add_url_rule("/readyz", "readyz", routes.health)


@blueprint.get("/favicon.ico")
@open_to(ANYONE)
def favicon() -> WerkzeugResponse:
    """Lead to the picture."""
    return redirect(url_for("static", filename="favicon.svg"), 301)


@blueprint.get("/robots.txt")
@open_to(ANYONE)
def robots() -> Response:
    """Ask search engines to stay away."""
    return _text(NO_ROBOTS)


@blueprint.get("/.well-known/security.txt")
@open_to(ANYONE)
def security() -> Response:
    """Say where to report a weakness (RFC 9116), if a contact is set."""
    contact = current_settings().security_contact
    if not contact:
        raise NotFound(
            marked("no contact for security reports is set (CREDITAPP_SECURITY_CONTACT)")
        )
    expires = (datetime.now(UTC) + VALID).isoformat(timespec="seconds")
    return _text(f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, fr\n")


def lead_to_address_without_slash(asked: Request) -> WerkzeugResponse | None:
    """Redirect an address that exists without its last slash; the method and the body stay the same."""
    if asked.url_rule is not None:
        return None
    shorter = asked.path.rstrip("/")
    if not shorter or shorter == asked.path:
        return None
    adapter = current_app.create_url_adapter(asked)
    try:
        if adapter is None or not adapter.match(shorter, method=asked.method):
            return None
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return None
    query = asked.query_string.decode(errors="replace")
    # why: a path that begins with two slashes would lead to another host.
    place = quote(f"{asked.root_path}/{shorter.lstrip('/')}")
    return redirect(f"{place}?{query}" if query else place, 308)


def _text(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")
