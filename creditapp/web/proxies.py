"""Trusts forwarded headers only from configured proxies."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from creditapp.settings.networks import Network, read_network
from creditapp.web.addresses import MOST_KNOWN, canonical_address

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FROM_PROXIES = ("HTTP_X_FORWARDED", "HTTP_X_REQUEST_START")
"""How the names of the headers begin that a proxy may write."""


class TrustedProxies:
    """Trusts the headers of one proxy in front, if it is configured; drops everybody else's."""

    def __init__(self, app: "WSGIApplication", networks: Iterable[str]) -> None:
        self._app = app
        self._behind_proxy = ProxyFix(self._answer, x_for=1, x_proto=1, x_host=1)
        self._networks = tuple(read_network(network) for network in networks)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass the request on, with or without its forwarded headers."""
        environ["REMOTE_ADDR"] = canonical_address(environ.get("REMOTE_ADDR", ""))
        if is_among(environ.get("REMOTE_ADDR", ""), self._networks):
            return self._behind_proxy(environ, start_response)
        for name in [name for name in environ if name.startswith(FROM_PROXIES)]:
            del environ[name]
        return self._app(environ, start_response)

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = canonical_address(environ["REMOTE_ADDR"])
        return self._app(environ, start_response)


@lru_cache(maxsize=MOST_KNOWN)
def is_among(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address is in one of the networks; false for text that is not an address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in networks)
