"""The size of a request body, as its headers tell it."""

from collections.abc import Mapping


def estimate_body_size(headers: Mapping[str, str], most: int) -> int:
    """Return the size of a body in bytes, at most ``most``, which also stands for an unknown
    size.
    """
    if "transfer-encoding" in headers:
        return most
    length = headers.get("content-length", "")
    return min(int(length[:9]), most) if length.isdecimal() else 0
