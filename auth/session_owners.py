"""Whose browser sessions are: the id of a session resumes it only with the cookie of its sign-in.

Streamlit (1.67) lets a browser that was cut off go on with its session by naming its id. It checks
who that is for OIDC and proxies; a password sign-in it does not know.
"""

from collections import OrderedDict
from typing import Final

from web import streamlit_compat

_MOST: Final = 10_000
"""Sessions that are remembered: more than a process ever has. A forgotten one is not resumed."""

_owners: OrderedDict[str, str] = OrderedDict()


def remember_session_owner(owner: str) -> None:
    """Remember whose session this script runs for; "" is a visitor."""
    if session_id := streamlit_compat.get_session_id():
        _owners[session_id] = owner
        _owners.move_to_end(session_id)
        while len(_owners) > _MOST:
            _owners.popitem(last=False)


def find_session_owner(session_id: str) -> str | None:
    """Whose session that is, as `remember_session_owner` was told; None if it is not known."""
    return _owners.get(session_id)
