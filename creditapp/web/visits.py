"""What is kept of the browser that signs in: its network and its name, not its address."""

import ipaddress

from flask import request

from creditapp.identity.sign_ins import Visit
from creditapp.observability import request_ids

PREFIXES = {4: 24, 6: 48}
"""How much of an address is kept, in bits."""
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrom": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
"""In the order in which they are looked for: later ones are also named by browsers of earlier ones."""


def current_visit() -> Visit:
    """The request at hand as a visit."""
    agent = f"{_first(BROWSERS)} · {_first(SYSTEMS)}"
    return Visit(request_ids.current(), _network(request.remote_addr or ""), agent)


def _first(names: dict[str, str]) -> str:
    agent = request.headers.get("User-Agent", "")
    return next((shown for name, shown in names.items() if name in agent), "?")


def _network(address: str) -> str:
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/{PREFIXES[version]}", strict=False))
