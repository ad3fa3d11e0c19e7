"""Network addresses, as limits count them."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

_CUSTOMER_PREFIX: Final = 48
"""Bits of the prefix of the largest network that one customer gets; homes get a /56 or a /64."""


def find_client_key(scope: Mapping[str, Any]) -> str:
    """What the client of an ASGI request or session is counted under; see `normalize_address`."""
    return normalize_address((scope.get("client") or ("",))[0])


def normalize_address(host: str | None) -> str:
    """What limits count a client under: its IPv4 address, or the /48 network of its IPv6 address.

    One customer of a network provider has all addresses of such a network, or of a smaller one.
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
        return str(ipaddress.ip_network((address, _CUSTOMER_PREFIX), strict=False))
    return str(address)
