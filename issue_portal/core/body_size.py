"""The size of a request body, estimated from the headers."""

from collections.abc import Mapping


def estimate_body_size(headers: Mapping[str, str], limit: int) -> int:
    """Return the size of a body in bytes, at most ``limit``; ``limit`` if it is unknown."""
    if "transfer-encoding" in headers:
        return limit
    length = headers.get("content-length", "")
    return min(int(length[:9]), limit) if length.isdecimal() else 0
