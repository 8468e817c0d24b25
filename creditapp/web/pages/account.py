"""The pages to sign in and out, and the audit trail."""

import json
from dataclasses import asdict

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import PasswordField, StringField

from creditapp.identity import audit, second_factor, sign_ins
from creditapp.identity.actors import Actor
from creditapp.identity.keyed import seal, unseal
from creditapp.identity.sign_ins import Checked, SignedIn
from creditapp.observability import request_ids
from creditapp.settings.current import current_settings
from creditapp.web import drafts, provider, rate_limits
from creditapp.web.access import ADMINS, ANYONE, OFFICERS, open_to
from creditapp.web.entering import enter
from creditapp.web.pages import event_list
from creditapp.web.visits import current_visit

blueprint = Blueprint("account", __name__)

Page = str | tuple[str, int]
CHECKED = "password_checked"
"""The key of the session that keeps, sealed, whose password was right."""
CODE_SECONDS = 300
"""How long after the password the code may be entered."""


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    name = StringField(
        lazy_gettext("Name"), render_kw={"autocomplete": "username", "required": True}
    )
    password = PasswordField(
        lazy_gettext("Password"), render_kw={"autocomplete": "current-password", "required": True}
    )


@blueprint.get("/sign-in")
@open_to(ANYONE)
def sign_in() -> str:
    """Show the sign-in form."""
    return _sign_in_page(SignInForm())


@blueprint.post("/sign-in")
@open_to(ANYONE)
def try_to_sign_in() -> Response | tuple[str, int]:
    """Sign in and redirect to the page that was asked for, or show the form again."""
    form = SignInForm()
    name = (form.name.data or "")[:80]
    rate_limits.spend_sign_in(name)
    settings = current_settings()
    checked = sign_ins.check(
        name, form.password.data or "", settings.secret_key, request_ids.current()
    )
    if checked:
        rate_limits.give_back_sign_in(name)
    if checked and second_factor.has_one(checked.person_id):
        session[CHECKED] = seal(json.dumps(asdict(checked)), settings.secret_key)
        return redirect(url_for("account.enter_code", next=request.args.get("next")))
    person = sign_ins.begin(checked, settings.session_hours, current_visit()) if checked else None
    if person is None:
        form.name.data = name if name.isprintable() else ""
        form.password.errors = [gettext("The name or the password is wrong.")]
        return _sign_in_page(form), 401
    return _enter(person)


@blueprint.get("/sign-in/code")
@open_to(ANYONE)
def enter_code() -> Response | str:
    """Ask for the code of the second factor, after the password."""
    if _checked() is None:
        return redirect(url_for("account.sign_in", next=request.args.get("next")))
    return render_template("sign_in_code.html", problem="")


@blueprint.post("/sign-in/code")
@open_to(ANYONE)
def try_code() -> Response | tuple[str, int]:
    """Sign in with the code, or ask for it again."""
    checked = _checked()
    if checked is None:
        return redirect(url_for("account.sign_in", next=request.args.get("next")))
    rate_limits.spend_sign_in(checked.name)
    rate_limits.spend_code(checked.name)
    settings = current_settings()
    actor = Actor(f"person:{checked.name}", request_ids.current())
    code = request.form.get("code", "")
    if not second_factor.accept(checked.person_id, code, settings.secret_keys, actor):
        nobody = Actor("nobody", request_ids.current())
        audit.record(nobody, audit.Action.SIGN_IN_FAILED, checked.name, "wrong code")
        return render_template("sign_in_code.html", problem=gettext("The code is wrong.")), 401
    rate_limits.give_back_sign_in(checked.name)
    rate_limits.give_back_code(checked.name)
    person = sign_ins.begin(checked, settings.session_hours, current_visit(), with_code=True)
    if person is None:
        return redirect(url_for("account.sign_in"))
    return _enter(person)


@blueprint.post("/sign-out")
@open_to(OFFICERS)
def sign_out() -> Response:
    """End this sign-in, also for copies of its cookie."""
    left = 1 if current_user.is_external else None
    drafts.forget()
    sign_ins.sign_out(current_user, request_ids.current())
    logout_user()
    return redirect(url_for("account.sign_in", left=left, out=1))


@blueprint.get("/events")
@open_to(ADMINS)
def events() -> Page:
    """List who did what, newest first, as it is filtered."""
    rate_limits.spend_reading()
    return event_list.show_page()


@blueprint.get("/events.csv")
@open_to(ADMINS)
def export_events() -> Response | Page:
    """Download the events that are filtered; the download is an event itself."""
    rate_limits.spend_reading()
    return event_list.export()


def _checked() -> Checked | None:
    """Whose password was right in this browser in the last minutes."""
    sealed = session.get(CHECKED, "")
    text = unseal(sealed, current_settings().secret_key, CODE_SECONDS)
    return Checked(**json.loads(text)) if text else None


def _enter(person: SignedIn) -> Response:
    session.pop(CHECKED, None)
    return enter(person, request.args.get("next", ""))


def _sign_in_page(form: SignInForm) -> str:
    context = {
        "has_provider": provider.is_set_up(),
        "next": request.args.get("next"),
        "left_provider": "left" in request.args,
        "signed_out": "out" in request.args,
    }
    return render_template("sign_in.html", form=form, **context)
