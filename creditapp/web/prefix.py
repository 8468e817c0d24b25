"""The path below which the service is reached, where a proxy shares one host name among several services."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from creditapp.exceptions import BadRequest
from creditapp.phrases import marked
from creditapp.settings.prefixes import is_prefix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "HTTP_X_FORWARDED_PREFIX"
REFUSED = "creditapp.refused_prefix"


class Prefixed:
    """Takes the prefix that a trusted proxy names, or else that of the settings, off the path.

    It stands behind `TrustedProxies`, which drops the header of everybody else. A path without the prefix is
    accepted too: the proxy may have taken it off, and the health check of a container knows none.
    """

    def __init__(self, app: "WSGIApplication", prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass the request on, with its prefix as the root of all addresses."""
        named = environ.get(HEADER, "")
        prefix = named.rstrip("/") if named else self._prefix
        if named and prefix and not is_prefix(prefix):
            environ[REFUSED] = True
            prefix = ""
        path = environ.get("PATH_INFO", "")
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            environ["PATH_INFO"] = path[len(prefix) :]
        environ["SCRIPT_NAME"] = prefix
        return self._app(environ, start_response)


class PrefixedSession(SecureCookieSessionInterface):
    """A cookie of this service alone, also where others share its host name."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie; without cookies an empty one, without the keys to read one."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie, unless the session is empty and was; the answer says that it depends on it."""
        if session or session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            vary = response.headers.get("Vary")
            response.headers["Vary"] = f"{vary}, Cookie" if vary else "Cookie"

    def get_cookie_name(self, app: Flask) -> str:
        """Below a prefix, one that browsers accept with a path: https://www.rfc-editor.org/rfc/rfc6265."""
        name = super().get_cookie_name(app)
        return re.sub("^__Host-", "__Secure-", name) if request.script_root else name

    def get_cookie_path(self, app: Flask) -> str:
        """The prefix."""
        return request.script_root or super().get_cookie_path(app)


def init_app(app: Flask, prefix: str) -> None:
    """Serve below a prefix."""
    app.wsgi_app = Prefixed(app.wsgi_app, prefix)  # type: ignore[method-assign]
    app.session_interface = PrefixedSession()


def check(asked: Request) -> None:
    """Refuse a proxy's prefix that leads elsewhere."""
    if REFUSED in asked.environ:
        raise BadRequest(marked("X-Forwarded-Prefix of the proxy is not a path such as /credit"))


def absolute(path: str) -> str:
    """A path of this service with the prefix in front."""
    return f"{request.script_root}{path}"
