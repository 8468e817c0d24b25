"""The path below which the service is reached, where a proxy shares one host name among several services."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

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

    def get_cookie_name(self, app: Flask) -> str:
        """Below a prefix, one that browsers accept with a path: https://www.rfc-editor.org/rfc/rfc6265."""
        name = super().get_cookie_name(app)
        return re.sub("^__Host-", "__Secure-", name) if request.script_root else name

    def get_cookie_path(self, app: Flask) -> str:
        """The prefix."""
        return request.script_root or super().get_cookie_path(app)


def init_app(app: Flask, prefix: str) -> None:
    """Serve below a prefix, and refuse a proxy's prefix that leads elsewhere."""
    app.wsgi_app = Prefixed(app.wsgi_app, prefix)  # type: ignore[method-assign]
    app.session_interface = PrefixedSession()

    @app.before_request
    def check() -> None:
        if REFUSED in request.environ:
            raise BadRequest(
                marked("X-Forwarded-Prefix of the proxy is not a path such as /credit")
            )


def absolute(path: str) -> str:
    """A path of this service with the prefix in front."""
    return f"{request.script_root}{path}"
