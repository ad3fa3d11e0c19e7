"""Groups client addresses for rate limits."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

_CUSTOMER_PREFIX: Final = 48
"""Prefix length of the largest IPv6 network that providers assign to one customer."""


def find_client_key(scope: Mapping[str, Any]) -> str:
    """Return the rate limit key of the client of an ASGI scope; see `make_client_key`."""
    return make_client_key((scope.get("client") or ("",))[0])


def make_client_key(host: str | None) -> str:
    """Return the rate limit key of a client: its IPv4 address, or its IPv6 /48 network.

    One customer of a provider may own all addresses of such a network. Returns "" for an unknown
    address, and for localhost, which may be a proxy that does not forward addresses.
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
