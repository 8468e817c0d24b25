"""Saving and deleting views of the list of decisions."""

from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug import Response

from creditapp.decisions import saved_views
from creditapp.exceptions import BadView
from creditapp.web import access
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.pages.decision_filters import FilterForm
from creditapp.web.pages.decisions import list_page
from creditapp.web.phrasing import explain

blueprint = Blueprint("saved_views", __name__)

NOT_KEPT = ("reference", "inside")


@blueprint.post("/decisions/views")
@open_to(OFFICERS)
def save() -> Response | tuple[str, int]:
    """Keep the filters under a name, without the search text."""
    form = FilterForm(request.form)
    if not form.validate():
        return list_page(form), 422
    kept = {name: value for name, value in form.parameters.items() if name not in NOT_KEPT}
    try:
        saved_views.save(access.current().label, request.form.get("view", ""), kept)
    except BadView as error:
        return list_page(form, problem=explain(error)), error.status
    flash(gettext("The view was saved."))
    return redirect(f"{url_for('decisions.overview')}?{urlencode(kept)}")


@blueprint.post("/decisions/views/<int:view_id>/delete")
@open_to(OFFICERS)
def remove(view_id: int) -> Response:
    """Delete one of one's own views."""
    saved_views.remove(access.current().label, view_id)
    flash(gettext("The view was deleted."))
    return redirect(url_for("decisions.overview"))
