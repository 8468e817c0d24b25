"""Single sign-on: to the identity provider, back from it, and out of it."""

from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from creditapp.exceptions import NotAllowed
from creditapp.identity import audit, external_people, sign_ins
from creditapp.identity.actors import Actor
from creditapp.identity.external_people import Vouched
from creditapp.identity.keyed import alias_of
from creditapp.observability import request_ids
from creditapp.settings.current import current_settings
from creditapp.web import provider, rate_limits
from creditapp.web.access import ANYONE, open_to
from creditapp.web.entering import enter, is_ours
from creditapp.web.visits import current_visit

blueprint = Blueprint("single_sign_on", __name__)

WANTED = "wanted_page"
"""The key of the session that keeps the page to go to after the sign-in."""


OTHER_SITES = ("cross-site", "same-site")
"""What browsers say of a request that another site's page makes: it must not begin a sign-in by itself."""


@blueprint.get("/sign-in/provider")
@open_to(ANYONE)
def begin() -> Response:
    """Go to the provider; with `fresh`, to prove again who one is."""
    rate_limits.spend_external_sign_in()
    wanted = request.args.get("next", "")
    if request.headers.get("Sec-Fetch-Site") in OTHER_SITES:
        return redirect(url_for("account.sign_in", next=wanted))
    session[WANTED] = wanted
    back_to = url_for("single_sign_on.done", _external=True)
    return provider.redirect_to_provider(back_to, fresh="fresh" in request.args)


@blueprint.get("/sign-in/provider/done")
@open_to(ANYONE)
def done() -> Response:
    """Come back from the provider, and be signed in with the role that the groups give."""
    rate_limits.spend_external_sign_in()
    settings = current_settings()
    vouched = provider.receive()
    role = external_people.role_of(vouched.groups, settings.oidc_role_map)
    if settings.oidc_strength and vouched.strengths.isdisjoint(settings.oidc_strength):
        _record_refusal(vouched, "no second factor at the provider")
        raise NotAllowed(
            gettext(
                "The identity provider does not say that it asked you for a second factor. Set one up "
                "there, or ask an administrator (CREDITAPP_OIDC_STRENGTH)."
            )
        )
    if role is None:
        _record_refusal(vouched, "no group has a role")
        raise NotAllowed(
            gettext(
                "None of your groups at the identity provider has a role here. Ask an administrator "
                "(CREDITAPP_OIDC_ROLES)."
            )
        )
    person = external_people.admit(vouched, role, request_ids.current())
    signed_in = sign_ins.begin_external(
        person.id, vouched.signed_in_at, settings.session_hours, current_visit()
    )
    rate_limits.give_back_external_sign_in()
    wanted = session.pop(WANTED, "")
    return enter(signed_in, wanted if is_ours(wanted) else "")


@blueprint.get("/sign-out/provider")
@open_to(ANYONE)
def sign_out() -> Response:
    """Sign out of the provider too, if it offers that."""
    here = url_for("account.sign_in", _external=True)
    return redirect(provider.sign_out_address(here) or here)


def _record_refusal(vouched: Vouched, why: str) -> None:
    alias = alias_of(f"{vouched.issuer} {vouched.subject}", current_settings().secret_key)
    nobody = Actor("nobody", request_ids.current())
    subject = f"unknown subject {alias}"
    audit.record(nobody, audit.Action.SIGN_IN_FAILED, subject, why)
