"""The size of a request body, estimated from the headers."""

from collections.abc import Mapping


def estimate_body_size(headers: Mapping[str, str], most: int) -> int:
    """Return the size of a body in bytes, at most ``most``; if it is unknown, ``most``."""
    if "transfer-encoding" in headers:
        return most
    length = headers.get("content-length", "")
    return min(int(length[:9]), most) if length.isdecimal() else 0
