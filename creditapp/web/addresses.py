"""Who asks, by address: all that a proxy may write for one client is one client."""

import ipaddress
from functools import lru_cache

UNKNOWN = "unknown"
ONE_SUBSCRIBER = 64
"""Bits of an IPv6 address that stand for one subscriber, who may use any of the others (RFC 6177)."""

MOST_KNOWN = 10_000
"""Addresses whose forms a process keeps, so that it does not take each request's apart."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=MOST_KNOWN)
def canonical_address(text: str) -> str:
    """An address in its one form: without port, brackets and zone; a mapped one is that of IPv4.

    A text that is no address is `unknown`, so that whatever is invented is one client.
    """
    found = _parse(text)
    return str(found) if found else UNKNOWN


@lru_cache(maxsize=MOST_KNOWN)
def client_network(address: str) -> str:
    """What one client is counted by: an IPv4 address, or the network of an IPv6 address."""
    found = _parse(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found), ONE_SUBSCRIBER), strict=False))
    return str(found) if found else UNKNOWN


def _parse(text: str) -> Address | None:
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
