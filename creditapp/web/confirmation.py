"""Proof of who is there: by password and code, asked again before a change that weighs."""

from datetime import UTC, datetime, timedelta

from flask import Flask, request
from flask_babel import gettext
from flask_login import current_user

from creditapp.exceptions import NotConfirmed
from creditapp.identity import second_factor, sign_ins
from creditapp.settings.current import current_settings
from creditapp.web import access, rate_limits
from creditapp.web.entering import keep

LASTS = timedelta(minutes=10)


def init_app(app: Flask) -> None:
    """Let templates ask for the proof in a form."""
    app.jinja_env.globals["must_confirm"] = must_confirm
    app.jinja_env.globals["has_second_factor"] = lambda: current_user.has_second_factor
    app.jinja_env.globals["is_external"] = lambda: current_user.is_external


def must_confirm() -> bool:
    """Whether the person at hand has to prove again who they are."""
    confirmed_at = current_user.confirmed_at
    return confirmed_at is None or confirmed_at <= datetime.now(UTC) - LASTS


def confirm() -> None:
    """Check the password and the code in the form at hand, unless the person proved lately who they are.

    Raises:
        NotConfirmed: one is missing or wrong; the message says what to do.
        LimitReached: there were too many attempts.
    """
    if not must_confirm():
        return
    if current_user.is_external:
        raise NotConfirmed(
            gettext("Confirm with your identity provider who you are; nothing was changed.")
        )
    rate_limits.spend_sign_in(current_user.name)
    password, code = (request.form.get(f"confirm_{one}", "") for one in ("password", "code"))
    if not password:
        raise NotConfirmed(gettext("Enter your password to go on; nothing was changed."))
    actor = access.current_actor()
    is_right = sign_ins.has_password(current_user, password)
    if is_right and current_user.has_second_factor:
        rate_limits.spend_code(current_user.name)
        secrets = current_settings().secret_keys
        is_right = second_factor.accept(current_user.person_id, code, secrets, actor)
    sign_ins.note_confirmation(current_user, actor, is_right=is_right)
    if not is_right:
        raise NotConfirmed(gettext("The password or the code is wrong; nothing was changed."))
    rate_limits.give_back_sign_in(current_user.name)
    keep()
