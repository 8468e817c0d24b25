"""A person's own account: the password, and where they are signed in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import PasswordField

from creditapp.exceptions import BadAccount, NotConfirmed
from creditapp.identity import second_factor, sign_ins
from creditapp.observability import request_ids
from creditapp.settings.current import current_settings
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.entering import keep
from creditapp.web.phrasing import explain

blueprint = Blueprint("own_account", __name__)

Page = str | tuple[str, int]


def _password(label: str, autocomplete: str) -> PasswordField:
    return PasswordField(label, render_kw={"autocomplete": autocomplete, "required": True})


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The current password, and the new one twice."""

    current = _password(lazy_gettext("Current password"), "current-password")
    new = _password(lazy_gettext("New password"), "new-password")
    again = _password(lazy_gettext("New password again"), "new-password")


@blueprint.get("/account")
@open_to(OFFICERS)
def overview() -> Page:
    """Show the person's own account."""
    return _page(PasswordForm())


@blueprint.post("/account/password")
@open_to(OFFICERS)
def change_password() -> Response | Page:
    """Change the person's own password, and sign them out everywhere else."""
    form = PasswordForm()
    rate_limits.spend_sign_in(current_user.name)
    current, new = form.current.data or "", form.new.data or ""
    if new != form.again.data:
        form.again.errors = [gettext("The two new passwords differ.")]
        return _page(form, status=422)
    if current_user.has_second_factor and not _accepts_code():
        problem = gettext("The password or the code is wrong; nothing was changed.")
        return _page(form, problem=problem, status=422)
    try:
        sign_ins.change_own_password(current_user, current, new, request_ids.current())
    except BadAccount as error:
        return _page(form, problem=explain(error), status=422)
    rate_limits.give_back_sign_in(current_user.name)
    keep()
    return redirect(url_for("own_account.overview", changed=1))


@blueprint.post("/account/sessions/end")
@open_to(OFFICERS)
def end_sessions() -> Response | Page:
    """End one of the person's own sign-ins, or all but this one, with a fresh proof of who asks."""
    try:
        confirmation.confirm()
    except NotConfirmed as error:
        return _page(PasswordForm(), session_problem=explain(error), status=error.status)
    chosen = request.form.get("session", "")
    if chosen == "others":
        sign_ins.end_others(current_user, request_ids.current())
        flash(gettext("All other sessions have ended."))
    else:
        sign_ins.end_one(current_user, chosen[:64], request_ids.current())
        flash(gettext("The session has ended."))
    return redirect(url_for("own_account.overview"))


def _accepts_code() -> bool:
    rate_limits.spend_code(current_user.name)
    code, secrets = request.form.get("confirm_code", ""), current_settings().secret_keys
    return second_factor.accept(current_user.person_id, code, secrets, access.current_actor())


def _page(
    form: PasswordForm, problem: str = "", session_problem: str = "", status: int = 200
) -> Page:
    context = {
        "person": current_user,
        "form": form,
        "problem": problem,
        "session_problem": session_problem,
        "changed": "changed" in request.args,
        "sessions": sign_ins.list_own(current_user, current_settings().idle_minutes),
    }
    return render_template("account.html", **context), status
