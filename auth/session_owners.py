"""The owners of browser sessions: only the owner's sign-in may resume a session.

Streamlit (1.67) lets any browser resume a dropped session if it sends the session's id. Streamlit
compares the users that a provider or a proxy signed in, but does not know users with a password.
"""

from collections import OrderedDict
from typing import Final

from web import streamlit_compat

_MAX_OWNERS: Final = 10_000
"""Sessions to remember. A process has fewer at once. A forgotten session cannot be resumed."""

_owners: OrderedDict[str, str] = OrderedDict()


def remember_session_owner(owner: str) -> None:
    """Remember the owner of the browser session whose script is running; "" for a visitor."""
    if session_id := streamlit_compat.get_session_id():
        _owners[session_id] = owner
        _owners.move_to_end(session_id)
        while len(_owners) > _MAX_OWNERS:
            _owners.popitem(last=False)


def find_session_owner(session_id: str) -> str | None:
    """Return the owner that `remember_session_owner` stored; None for an unknown session."""
    return _owners.get(session_id)
