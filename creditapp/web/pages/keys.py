"""The pages about API keys: which there are, a new one, and the end of one."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import IntegerField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from creditapp.exceptions import BadAccount, NotConfirmed
from creditapp.identity import api_keys
from creditapp.identity.api_keys import ApiKey, Scope, State
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import ADMINS, open_to
from creditapp.web.phrasing import explain

blueprint = Blueprint("keys", __name__)

MOST_LISTED = 500
MOST_DAYS = 3650
REFUSED = 422

SCOPES = {
    Scope.PREDICT: lazy_gettext("score applications, one or many"),
    Scope.DECISIONS_READ: lazy_gettext("read the decisions that this key made"),
    Scope.DECISIONS_READ_ALL: lazy_gettext("read all decisions, whoever made them"),
    Scope.OUTCOMES_WRITE: lazy_gettext("record what became of decisions"),
    Scope.MODEL_READ: lazy_gettext("read which model is served, and the catalogue of fields"),
    Scope.MODEL_ADMIN: lazy_gettext("have the promoted model loaded again, and read about it"),
    Scope.METRICS_READ: lazy_gettext("read the metrics, for monitoring"),
}
"""What each scope opens, in words."""

STATES = {
    State.ACTIVE: lazy_gettext("active"),
    State.EXPIRED: lazy_gettext("expired"),
    State.REVOKED: lazy_gettext("revoked"),
}

Page = str | tuple[str, int]


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A key that is added."""

    name = StringField(
        lazy_gettext("Name of the program"),
        render_kw={"autocomplete": "off", "maxlength": 80, "required": True},
    )
    days = IntegerField(
        lazy_gettext("Valid for how many days"),
        [
            NumberRange(
                1,
                MOST_DAYS,
                lazy_gettext("Accepted is a whole number from %(min)s to %(max)s."),
            )
        ],
        default=365,
        render_kw={"min": 1, "max": MOST_DAYS, "required": True},
    )
    scopes = SelectMultipleField(
        lazy_gettext("What it may do"),
        choices=[SelectChoice(value=scope.value, label=text) for scope, text in SCOPES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


@blueprint.get("/keys")
@open_to(ADMINS)
def overview() -> Page:
    """List the keys, and a form to add one."""
    rate_limits.spend_reading()
    return _list_page(KeyForm())


@blueprint.post("/keys")
@open_to(ADMINS)
def add() -> Page:
    """Add a key, and show it once."""
    form = KeyForm()
    if not form.validate():
        return _list_page(form, gettext("No key was made; see what is wrong below."), REFUSED)
    expires_at = datetime.now(UTC) + timedelta(days=form.days.data)
    scopes = [Scope(one) for one in form.scopes.data]
    try:
        confirmation.confirm()
        name = (form.name.data or "").strip()
        text = api_keys.add(name, scopes, expires_at, access.current_actor())
    except BadAccount as error:
        return _list_page(form, explain(error), REFUSED)
    except NotConfirmed as error:
        return _list_page(form, explain(error), error.status)
    return render_template("new_key.html", name=name, text=text, expires_at=expires_at)


@blueprint.get("/keys/<key_id>")
@open_to(ADMINS)
def key(key_id: str) -> Page:
    """Show a key without its text, and how to revoke it."""
    rate_limits.spend_reading()
    return _key_page(api_keys.find(key_id))


@blueprint.post("/keys/<key_id>/revoke")
@open_to(ADMINS)
def revoke(key_id: str) -> Response | Page:
    """Revoke a key, on every worker from its next request on."""
    found = api_keys.find(key_id)
    try:
        confirmation.confirm()
        api_keys.revoke(found.id, access.current_actor())
    except NotConfirmed as error:
        return _key_page(found, explain(error), error.status)
    flash(gettext("The key %(name)s is revoked.", name=found.name))
    return redirect(url_for("keys.overview"))


def _list_page(form: KeyForm, problem: str = "", status: int = 200) -> Page:
    context = {
        "keys": api_keys.list_all(MOST_LISTED),
        "states": STATES,
        "most": MOST_LISTED,
        "form": form,
        "problem": problem,
    }
    return render_template("api_keys.html", **context), status


def _key_page(found: ApiKey, problem: str = "", status: int = 200) -> Page:
    context = {
        "key": found,
        "states": STATES,
        "scopes": {scope: SCOPES[Scope(scope)] for scope in found.scopes},
        "problem": problem,
    }
    return render_template("api_key.html", **context), status
