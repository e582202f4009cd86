"""The address a request came from.

Guards: only certain facts count: the other end of the connection, or the last entry of the header that a setting names,
which our own proxy wrote.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

# The network that one household, or one attacker, is given in IPv6.
_ONE_NETWORK = 64
UNKNOWN = "unknown"


def address_of(request: Request, header: str | None) -> str:
    """Return the address as it is counted: an IPv4 address, or the network of an IPv6 address."""
    said = request.headers.getlist(header) if header else []
    written = said[-1].rpartition(",")[2].strip() if said else ""
    return (
        counted(_without_port(written)) or counted(request.client.host if request.client else "") or UNKNOWN
    )


def _without_port(written: str) -> str:
    """Drop the port that some proxies write (`192.0.2.7:4711`, `[2001:db8::1]:4711`); each connection has another."""
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written.partition(":")[0] if written.count(":") == 1 else written


def counted(text: str) -> str | None:
    """Return an address in one spelling, cut to its network; None for what is not an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((int(address), _ONE_NETWORK), strict=False))
        address = address.ipv4_mapped
    return str(address)
