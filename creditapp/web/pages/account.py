"""Pages about oneself and others: signing in and out, and what was done."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import PasswordField, StringField

from creditapp.identity import audit, people
from creditapp.web import rate_limits

blueprint = Blueprint("account", __name__)

PAGE_LENGTH = 50
LATEST = 2**31 - 1


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    name = StringField(
        lazy_gettext("Name"), render_kw={"autocomplete": "username", "required": True}
    )
    password = PasswordField(
        lazy_gettext("Password"), render_kw={"autocomplete": "current-password", "required": True}
    )


@blueprint.get("/sign-in")
def sign_in() -> str:
    """The form to sign in with."""
    return render_template("sign_in.html", form=SignInForm())


@blueprint.post("/sign-in")
def try_to_sign_in() -> Response | tuple[str, int]:
    """On to the page that was wanted, or the form again."""
    form = SignInForm()
    name = (form.name.data or "")[:80]
    rate_limits.spend_sign_in(name)
    hours = current_app.config["SETTINGS"].session_hours
    person = people.sign_in(name, form.password.data or "", hours)
    if person is None:
        form.name.data = name if name.isprintable() else ""
        form.password.errors = [gettext("Name and password do not belong together.")]
        return render_template("sign_in.html", form=form), 401
    if current_user.is_authenticated:
        people.sign_out(current_user)
    login_user(person)
    return redirect(_wanted())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this sign-in, here and wherever its cookie was copied to."""
    people.sign_out(current_user)
    logout_user()
    return redirect(url_for("account.sign_in"))


@blueprint.get("/events")
def events() -> str:
    """Who did what, the newest first."""
    before = min(request.args.get("before", LATEST, type=int), LATEST)
    found = audit.recent(before, PAGE_LENGTH)
    older = found[-1].id if len(found) == PAGE_LENGTH else None
    return render_template("events.html", events=found, older=older)


def _wanted() -> str:
    """The page asked for before signing in, if it is one of ours."""
    wanted = request.args.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if is_ours and wanted.isprintable() else url_for("ui.form")
