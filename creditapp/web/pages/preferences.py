"""The switch of language and theme."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from creditapp.web.access import ANYONE, open_to
from creditapp.web.entering import is_ours
from creditapp.web.preferences import PREFERENCES, keep

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/preferences")
@open_to(ANYONE)
def choose() -> Response:
    """Keep the language and the theme that the address names, and go back to `next`."""
    # why: a link works without JavaScript and without a session; it changes only how pages look.
    wanted = request.args.get("next", "")
    response = make_response(redirect(wanted if is_ours(wanted) else url_for("scoring.form")))
    for preference in PREFERENCES:
        value = request.args.get(preference.name)
        if value in preference.values:
            keep(response, preference, value)
    return response
