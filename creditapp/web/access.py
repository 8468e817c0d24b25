"""Who may do what: every route declares it here, and what is not declared is refused."""

import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, current_app, g, request
from flask_login import LoginManager, current_user
from sqlalchemy.exc import SQLAlchemyError

from creditapp.exceptions import DecisionLogUnavailable, NotAllowed, NotSignedIn
from creditapp.identity import api_keys, audit, people
from creditapp.identity.api_keys import Scope
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from creditapp.web import rate_limits
from creditapp.web.proxies import is_among

log = logging.getLogger(__name__)

READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Access:
    """Who may use a route: people of at least a role, or keys with one of some scopes.

    `anyone` asks for nothing; `locally` asks for nothing in development; `networks` lets the
    monitoring's own networks in.
    """

    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()
    anyone: bool = False
    locally: bool = False
    networks: bool = False


def _programs(*scopes: Scope) -> Access:
    return Access(scopes=frozenset(scopes), locally=True)


ANYONE = Access(anyone=True)
CLOSED = Access()
SCORING_PAGE = Access(role=Role.OFFICER, locally=True)
READING_PAGE = Access(role=Role.OFFICER)
ANALYSIS = Access(role=Role.ANALYST)
ADMINISTRATION = Access(role=Role.ADMIN)
DOCUMENTATION = Access(role=Role.OFFICER, scopes=frozenset(Scope), locally=True)

ACCESS: dict[str, Access] = {
    "static": ANYONE,
    "flasgger.static": CLOSED,
    "api.live": ANYONE,
    "api.health": ANYONE,
    "account.sign_in": ANYONE,
    "account.try_to_sign_in": ANYONE,
    "account.sign_out": READING_PAGE,
    "account.events": ADMINISTRATION,
    "ui.drift": ANALYSIS,
    "models.overview": ANALYSIS,
    "challenger.overview": ANALYSIS,
    "policy.overview": ANALYSIS,
    "policy.save": ANALYSIS,
    "models.promote": ADMINISTRATION,
    "models.roll_back": ADMINISTRATION,
    "ui.form": SCORING_PAGE,
    "ui.score": SCORING_PAGE,
    "ui.codebook": SCORING_PAGE,
    "ui.decisions": READING_PAGE,
    "ui.decision": READING_PAGE,
    "ui.replay_decision": READING_PAGE,
    "ui.waiting": READING_PAGE,
    "notice.letter": READING_PAGE,
    "ui.review": READING_PAGE,
    "api.predict": _programs(Scope.PREDICT),
    "api.predict_batch": _programs(Scope.PREDICT),
    "api.decision": _programs(Scope.DECISIONS_READ, Scope.DECISIONS_READ_ALL),
    "api.alternatives": _programs(Scope.DECISIONS_READ, Scope.DECISIONS_READ_ALL),
    "api.model_info": _programs(Scope.MODEL_READ, Scope.MODEL_ADMIN),
    "api.reload_model": _programs(Scope.MODEL_ADMIN),
    "metrics.show": Access(scopes=frozenset([Scope.METRICS_READ]), locally=True, networks=True),
    "docs.shortcut": DOCUMENTATION,
    "docs.redoc": DOCUMENTATION,
    "flasgger.apidocs": DOCUMENTATION,
    "flasgger.openapi": DOCUMENTATION,
    "flasgger.oauth_redirect": CLOSED,
    "flasgger.<lambda>": DOCUMENTATION,
}


@dataclass(frozen=True)
class Principal:
    """Whoever asks, by a label that decisions and events keep."""

    label: str
    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether it is a person or a program, and not just anybody."""
        return self.role is not None or bool(self.scopes)


NOBODY = Principal("nobody")
LOCAL = Principal("local")
MONITORING = Principal("monitoring")

login_manager = LoginManager()
login_manager.user_loader(people.signed_in)


def init_app(app: Flask) -> None:
    """Ask everybody who they are, before anything else is done for them."""
    login_manager.init_app(app)
    app.before_request(_guard)


def current() -> Principal:
    """Whoever asks in the request at hand."""
    principal: Principal = g.get("principal", NOBODY)
    return principal


def may_read(made_by: str) -> bool:
    """Whether whoever asks may read what somebody's application led to; a key reads its own."""
    principal = current()
    if not principal.scopes or Scope.DECISIONS_READ_ALL in principal.scopes:
        return True
    return made_by == principal.label


def _guard() -> None:
    if request.endpoint is None or request.method == "OPTIONS":
        return
    access = ACCESS.get(request.endpoint, CLOSED)
    if access == CLOSED:
        raise NotAllowed("this is not open to anybody")
    g.principal = _principal(access)
    if access.anyone or _admits(access, g.principal):
        return
    if not g.principal.is_known:
        raise NotSignedIn("a valid key is expected: Authorization: Bearer …")
    missing = _what_is_missing(access)
    _note_refusal(g.principal.label, missing)
    raise NotAllowed(missing)


def _principal(access: Access) -> Principal:
    if access.scopes and "Authorization" in request.headers:
        return _key_holder(request.headers["Authorization"])
    if access.role and current_user.is_authenticated:
        return Principal(f"person:{current_user.name}", role=current_user.role)
    if access.networks and _is_monitoring():
        return MONITORING
    if access.locally and not _settings().production:
        _refuse_foreign_pages()
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
    try:
        holder = api_keys.holder(key.strip()) if scheme.lower() == "bearer" else None
    except SQLAlchemyError as error:
        raise DecisionLogUnavailable("keys cannot be looked up") from error
    if holder is None:
        _note_refusal("nobody", "a key that is malformed, unknown, expired or revoked")
        raise NotSignedIn("the key is malformed, unknown, expired or revoked")
    return Principal(f"key:{holder.key_id}", scopes=holder.scopes)


def _is_monitoring() -> bool:
    """Whether the address is one of the monitoring's, and not that of a proxy for anybody."""
    settings = _settings()
    return _is_in(settings.metrics_networks) and not _is_in(settings.proxies)


def _is_in(networks: Iterable[str]) -> bool:
    return is_among(request.remote_addr or "", map(ipaddress.ip_network, networks))


def _refuse_foreign_pages() -> None:
    """Where nobody signs in, a web page of somebody else must not act through the browser."""
    if request.method in READING or request.blueprint != "api":
        return
    origin = request.headers.get("Origin", "")
    foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if origin:
        foreign = origin.partition("://")[2] != request.host
    if foreign and origin not in _settings().cors_origins:
        _note_refusal("nobody", "a page of another site")
        raise NotAllowed("a page of another site may not do this")


def _what_is_missing(access: Access) -> str:
    if current().scopes and access.scopes:
        return "the key's scopes do not include " + " or ".join(sorted(access.scopes))
    return f"the role {access.role} is needed"


def _note_refusal(who: str, why: str) -> None:
    """Keep the event; where it cannot be kept, the refusal stands all the same.

    Whoever is refused too often is not listened to any more, and so cannot fill the trail.
    """
    rate_limits.spend_refusal()
    try:
        audit.record(who, audit.Action.ACCESS_REFUSED, str(request.url_rule), why)
    except SQLAlchemyError as error:
        log.error("a refused access could not be noted: %s", type(error).__name__)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
