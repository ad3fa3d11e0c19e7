"""Network addresses, as limits count them."""

import ipaddress
from typing import Final

SITE: Final = 48
"""Bits of the prefix of the largest network that one customer gets; homes get a /56."""


def counted_as(host: str | None, *, prefix: int = 64) -> str:
    """What limits count a client under: its IPv4 address, or the network of its IPv6 address.

    A network provider hands out whole /64 networks, so one person has all addresses of one.
    Returns "" for a client whose address is not known: this machine itself, or a proxy on it that
    does not pass addresses on.
    """
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, prefix), strict=False))
    return str(address)
