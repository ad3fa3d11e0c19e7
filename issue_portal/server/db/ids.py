"""Ids of everything that is stored."""

import secrets


def new_id(prefix: str) -> str:
    """An opaque id that cannot be guessed."""
    return f"{prefix}_{secrets.token_hex(8)}"
