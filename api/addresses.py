"""Network addresses, as limits count them."""

import ipaddress


def counted_as(host: str | None) -> str:
    """What limits count a client under: its IPv4 address, or the /64 network of its IPv6 address.

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
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
