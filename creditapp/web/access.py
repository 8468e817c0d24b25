"""Who may use a route: each view declares it, and an undeclared route is refused."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager, current_user

from creditapp.exceptions import (
    DatabaseUnavailable,
    NotAllowed,
    NotSignedIn,
    SecondFactorMissing,
)
from creditapp.identity import api_keys, audit, sign_ins
from creditapp.identity.actors import Actor
from creditapp.identity.api_keys import Scope
from creditapp.identity.people import Role
from creditapp.identity.sign_ins import SignedIn
from creditapp.observability import request_ids
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import Listing, Phrase, Verbatim, marked
from creditapp.settings.current import current_settings
from creditapp.settings.networks import read_network
from creditapp.web import rate_limits
from creditapp.web.proxies import is_among

log = logging.getLogger(__name__)

READING_METHODS = ("GET", "HEAD", "OPTIONS")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """Who may use a route: people with a role or a higher one, or keys with at least one of these scopes.

    `anyone`: nothing is needed. `locally`: in development, no sign-in is needed. `networks`: the
    monitoring networks may use it.
    """

    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()
    anyone: bool = False
    locally: bool = False
    networks: bool = False


ANYONE = Access(anyone=True)
CLOSED = Access()
OFFICERS = Access(role=Role.OFFICER)
OFFICERS_OR_LOCAL = Access(role=Role.OFFICER, locally=True)
ANALYSTS = Access(role=Role.ANALYST)
ADMINS = Access(role=Role.ADMIN)
DOCUMENTATION = Access(role=Role.OFFICER, scopes=frozenset(Scope), locally=True)
MONITORING_ONLY = Access(scopes=frozenset([Scope.METRICS_READ]), locally=True, networks=True)

LIBRARY_ROUTES = {
    "static": ANYONE,
    "flasgger.apidocs": DOCUMENTATION,
    "flasgger.openapi": DOCUMENTATION,
    "flasgger.<lambda>": DOCUMENTATION,
}
"""The routes whose views are not ours; all others declare their access with `open_to`."""


def programs(*scopes: Scope) -> Access:
    """Keys with one of these scopes."""
    return Access(scopes=frozenset(scopes), locally=True)


def open_to(access: Access) -> Callable[[View], View]:
    """Declare who may use a view; goes directly below the route."""

    def declare(view: View) -> View:
        # why: an attribute, because functools.wraps copies it to a wrapper of the view.
        view.access = access  # type: ignore[attr-defined]
        return view

    return declare


def access_of(endpoint: str) -> Access:
    """Who may use an endpoint of the current application; nobody where it is not declared."""
    view = current_app.view_functions[endpoint]
    declared: Access | None = getattr(view, "access", None)
    return declared or LIBRARY_ROUTES.get(endpoint, CLOSED)


WITHOUT_FACTOR = ("second_factor.overview", "second_factor.set_up", "account.sign_out")
"""What a person can do who must set up a second factor first."""


@dataclass(frozen=True)
class Principal:
    """Who makes a request, with the label that decisions and events keep."""

    label: str
    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether it is a person or a program that has identified itself."""
        return self.role is not None or bool(self.scopes)


NOBODY = Principal("nobody")
LOCAL = Principal("local")
MONITORING = Principal("monitoring")

login_manager = LoginManager()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _signed_in(token: str) -> SignedIn | None:
    return sign_ins.find(token, current_settings().idle_minutes)


def init_app(app: Flask) -> None:
    """Let people sign in, and let templates ask what they may do."""
    # why: the error page must not look up who is signed in while the database is away.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["may"] = may


def current() -> Principal:
    """Who makes the current request."""
    principal: Principal = g.get("principal", NOBODY)
    return principal


def current_actor() -> Actor:
    """Who makes the current request, for the audit trail."""
    return Actor(current().label, request_ids.current())


def may(endpoint: str) -> bool:
    """Whether the current principal may use an endpoint: templates show only links that work."""
    access, principal = access_of(endpoint), current()
    if principal == LOCAL:
        return access.anyone or access.locally
    return access.anyone or _admits(access, principal)


def may_read(made_by: str) -> bool:
    """Whether the current principal may read a decision; a key reads its own, unless its scope says all."""
    return only_reads() in (None, made_by)


def only_reads() -> str | None:
    """Whose decisions alone the current principal may read; none if it may read all."""
    principal = current()
    if not principal.scopes or Scope.DECISIONS_READ_ALL in principal.scopes:
        return None
    return principal.label


def lacks_second_factor() -> bool:
    """Whether the person at hand must set up a second factor first."""
    role = current().role
    if role is None or current_settings().second_factor != "required":
        return False
    return role.includes(Role.ANALYST) and not (
        current_user.has_second_factor or current_user.is_external
    )


def guard(asked: Request) -> None:
    """Check the access to the route of a request.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorMissing: whoever asks may not use it.
    """
    if asked.endpoint is None or asked.method == "OPTIONS":
        return
    access = access_of(asked.endpoint)
    if access == CLOSED:
        raise NotAllowed(marked("this route is closed: its view declares no access"))
    g.principal = principal = _principal(access, asked)
    if access.anyone or _admits(access, principal):
        if not access.anyone and lacks_second_factor() and asked.endpoint not in WITHOUT_FACTOR:
            raise SecondFactorMissing(
                marked("your role needs a second factor; set one up on /account")
            )
        return
    if not principal.is_known:
        raise NotSignedIn(marked("a valid key is required: Authorization: Bearer …"))
    missing = _describe_missing(access)
    _record_refusal(principal.label, str(missing))
    raise NotAllowed(missing)


def _principal(access: Access, asked: Request) -> Principal:
    if access.scopes and "Authorization" in asked.headers:
        return _key_holder(asked.headers["Authorization"])
    if access.role and current_user.is_authenticated:
        return Principal(f"person:{current_user.name}", role=current_user.role)
    if access.networks and _is_monitoring():
        return MONITORING
    if access.locally and not current_settings().production:
        _refuse_other_sites(asked)
        return LOCAL
    return NOBODY


def _admits(access: Access, principal: Principal) -> bool:
    if principal in (LOCAL, MONITORING):
        return True
    if principal.role and access.role:
        return principal.role.includes(access.role)
    return bool(principal.scopes & access.scopes)


def _key_holder(header: str) -> Principal:
    scheme, _, key = header.partition(" ")
    holder = api_keys.holder(key.strip()) if scheme.lower() == "bearer" else None
    if holder is None:
        _record_refusal("nobody", "a key that is malformed, unknown, expired or revoked")
        raise NotSignedIn(marked("the key is malformed, unknown, expired or revoked"))
    return Principal(f"key:{holder.key_id}", scopes=holder.scopes)


def _is_monitoring() -> bool:
    """Whether the address belongs to the monitoring, and not to a proxy, which anybody can use."""
    settings = current_settings()
    return _is_in(settings.metrics_networks) and not _is_in(settings.proxies)


def _is_in(networks: Iterable[str]) -> bool:
    return is_among(request.remote_addr or "", tuple(map(read_network, networks)))


def _refuse_other_sites(asked: Request) -> None:
    """Refuse a request that another site's page makes through the browser, where nobody signs in."""
    if asked.method in READING_METHODS or asked.blueprint != "api":
        return
    origin = asked.headers.get("Origin", "")
    is_other_site = asked.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if origin:
        is_other_site = origin.partition("://")[2] != asked.host
    if is_other_site and origin not in current_settings().cors_origins:
        _record_refusal("nobody", "a page of another site")
        raise NotAllowed(
            marked(
                "requests from pages of other sites are refused; CREDITAPP_CORS_ORIGINS lists the "
                "allowed ones"
            )
        )


def _describe_missing(access: Access) -> Phrase:
    if current().scopes and access.scopes:
        scopes = Listing(tuple(map(Verbatim, sorted(access.scopes))), ", ")
        return Phrase(marked("the key has none of these scopes: %(scopes)s"), {"scopes": scopes})
    role = Verbatim(access.role or "")
    return Phrase(marked("the role %(role)s or a higher one is required"), {"role": role})


def _record_refusal(label: str, reason: str) -> None:
    """Record a refusal in the audit trail; access is refused even if this fails."""
    # why: the limit keeps a client that is refused all the time from filling the audit trail.
    rate_limits.spend_refusal()
    try:
        actor = Actor(label, request_ids.current())
        audit.record(actor, audit.Action.ACCESS_REFUSED, str(request.url_rule), reason)
    except DatabaseUnavailable as error:
        log.error(
            "a refused access is not in the audit trail: %s: %r",
            error,
            error.__cause__,
            extra=MAY_REPEAT,
        )
