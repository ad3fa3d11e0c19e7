"""Whose browser sessions are: the id of a session resumes it only with the cookie of its sign-in.

Streamlit (1.67) lets a browser that was cut off go on with its session by naming its id. It checks
who that is for OIDC and proxies; a password sign-in it does not know.
"""

from collections import OrderedDict
from typing import Final

from starlette.requests import HTTPConnection
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import identity

_MOST: Final = 10_000
"""Sessions that are remembered: more than a process ever has. A forgotten one is not resumed."""

_owners: OrderedDict[str, str] = OrderedDict()


def note() -> None:
    """Remember, in a run of a script, who is signed in to its session; a visitor has no name."""
    if context := get_script_run_ctx():
        _owners[context.session_id] = identity.name_of(identity.current())
        _owners.move_to_end(context.session_id)
        while len(_owners) > _MOST:
            _owners.popitem(last=False)


def may_resume(session_id: str, connection: HTTPConnection) -> bool:
    """Whether this connection comes from the browser whose session that is."""
    owner = _owners.get(session_id)
    if owner is None:
        return False
    return not owner or owner == identity.name_of(identity.signed_in_by(connection))
