"""Networks as settings name them."""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
"""The IPv4 addresses as IPv6 writes them (RFC 4291, section 2.5.5.2)."""


def read_network(text: str) -> Network:
    """A network; one of mapped IPv4 addresses is that of IPv4, as addresses are compared so.

    Raises:
        ValueError: the text is neither a network nor an address.
    """
    network = ipaddress.ip_network(text)
    if not isinstance(network, ipaddress.IPv6Network) or not network.subnet_of(MAPPED):
        return network
    first = int(network.network_address) - int(MAPPED.network_address)
    return ipaddress.IPv4Network((first, network.prefixlen - MAPPED.prefixlen))
