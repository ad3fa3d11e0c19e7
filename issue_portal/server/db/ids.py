"""Ids of stored objects."""

import secrets


def new_id(prefix: str) -> str:
    """Return an opaque id that cannot be guessed."""
    return f"{prefix}_{secrets.token_hex(8)}"
