"""The page of a person's second factor: set it up, see what is left of the recovery codes, remove it."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug import Response

from creditapp.exceptions import NotAllowed, NotConfirmed
from creditapp.identity import second_factor, sign_ins
from creditapp.identity.keyed import seal, unseal
from creditapp.settings.current import current_settings
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.phrasing import explain

blueprint = Blueprint("second_factor", __name__)

STARTED = "second_factor"
"""The key of the session that keeps the sealed secret until it is confirmed."""

Page = str | tuple[str, int]


@blueprint.get("/account/second-factor")
@open_to(OFFICERS)
def overview() -> Page:
    """Show the second factor, or how to set one up."""
    return _page()


@blueprint.post("/account/second-factor")
@open_to(OFFICERS)
def set_up() -> Page:
    """Set the second factor up with a first code, and show the recovery codes once."""
    rate_limits.spend_code(current_user.name)
    try:
        if current_user.has_second_factor:
            raise NotConfirmed(gettext("Remove the second factor before you set up another one."))
        confirmation.confirm()
    except NotConfirmed as error:
        return _page(explain(error), error.status)
    settings = current_settings()
    otp_secret = unseal(session.get(STARTED, ""), settings.secret_key) or ""
    codes = (
        second_factor.set_up(
            current_user.person_id,
            otp_secret,
            request.form.get("code", ""),
            settings.secret_key,
            access.current_actor(),
        )
        if otp_secret
        else []
    )
    if not codes:
        return _page(gettext("The code is wrong. Wait for the next one and try again."), 422)
    del session[STARTED]
    return render_template("recovery_codes.html", codes=codes)


@blueprint.post("/account/second-factor/remove")
@open_to(OFFICERS)
def remove() -> Response | Page:
    """Remove the second factor; the password and a code are needed, however fresh the last proof is."""
    rate_limits.spend_sign_in(current_user.name)
    rate_limits.spend_code(current_user.name)
    if not sign_ins.has_password(current_user, request.form.get("confirm_password", "")):
        return _page(gettext("The password or the code is wrong; nothing was changed."), 422)
    secrets, actor = current_settings().secret_keys, access.current_actor()
    code = request.form.get("code", "")
    if not second_factor.accept(current_user.person_id, code, secrets, actor):
        return _page(gettext("The password or the code is wrong; nothing was changed."), 422)
    second_factor.remove_own(current_user.person_id, actor)
    flash(gettext("The second factor is removed."))
    return redirect(url_for("own_account.overview"))


def _page(problem: str = "", status: int = 200) -> Page:
    if current_user.is_external:
        raise NotAllowed(gettext("Your second factor is kept by your identity provider."))
    if current_user.has_second_factor:
        left = second_factor.recovery_codes_left(current_user.person_id)
        return render_template("second_factor.html", left=left, problem=problem), status
    secret = current_settings().secret_key
    # why: the secret stays the same until it is confirmed, however often the page is shown.
    otp_secret = unseal(session.get(STARTED, ""), secret)
    if otp_secret is None:
        otp_secret = second_factor.new_secret()
        session[STARTED] = seal(otp_secret, secret)
    context = {
        "picture": _picture(second_factor.address_of(otp_secret, current_user.name)),
        "otp_secret": otp_secret,
        "problem": problem,
        "is_required": access.lacks_second_factor(),
    }
    return render_template("set_up_second_factor.html", **context), status


def _picture(address: str) -> Markup:
    """A QR code; segno writes nothing of the address into the SVG but its squares."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=4, light="#ffffff")
    return Markup(drawn)  # noqa: S704
