"""This browser session: who it is, its API clients, and what it remembers. Pages ask here only."""

from collections.abc import Callable
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from auth import api_backend, current_user
from auth.current_user import SignIn
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import NotFoundError, NotSupportedError
from issue_portal.core import portal_token
from issue_portal.core.client_address import normalize_address
from issue_portal.core.portal_token import Visitor
from issue_portal.core.settings import get_settings
from issue_portal.models.responses import HistoryEntry, Issue

_TIMEOUT: Final = 5.0
_ATTEMPTS: Final = 3
_PATIENCE: Final = 12.0


def client() -> IssuesClient:
    """A client that acts for the person, or for a visitor."""
    sign_in = current_user.get_sign_in()
    return visitor_client() if sign_in is None else client_of(sign_in)


def client_of(sign_in: SignIn) -> IssuesClient:
    """A client that acts for whoever signed in, at each call only while the sign-in holds."""
    here = api_backend.get_backend()

    def token() -> str:
        who = sign_in.person()
        if who is None:
            return ""  # The API answers that one has to sign in.
        return portal_token.sign(here.keys, who) if here.is_ours else _token_of(sign_in.username)

    return _client(token)


def _token_of(username: str) -> str:
    """The person's token on a remote server; none, which is told, if nobody has set it up."""
    try:
        return str(st.secrets.get("api_tokens", {}).get(username, ""))
    except StreamlitSecretNotFoundError:
        return ""


def visitor_client(*, patience: float = _PATIENCE) -> IssuesClient:
    """A client that never says who is signed in: anonymous reports and receipts go this way."""
    here = api_backend.get_backend()
    if here.is_ours:
        visitor = Visitor(_visitor())
        return _client(lambda: portal_token.sign(here.keys, visitor), patience)
    return _client(get_settings().api_token.get_secret_value(), patience)


def _visitor() -> str:
    """What the API counts a visitor's requests under: the address, hashed.

    Visitors whose address is not known are counted together, or new sessions would have no limit.
    """
    address = normalize_address(st.context.ip_address)
    return api_backend.get_backend().keys.hash("visitor", address).hex()[:32]


def is_remote() -> bool:
    """Whether another server keeps the issues."""
    return not api_backend.get_backend().is_ours


def history(issue: Issue) -> tuple[HistoryEntry, ...]:
    """What happened to an issue; nothing where the server does not keep a history."""
    try:
        return client().history(issue.id).data
    except (NotFoundError, NotSupportedError):
        return ()


def _client(token: str | Callable[[], str], patience: float = _PATIENCE) -> IssuesClient:
    here = api_backend.get_backend()
    settings = get_settings()
    return IssuesClient(
        here.url,
        token,
        # Servers of the newer form want it; one that was not set would be the wrong one there.
        org=settings.org if not here.is_ours and "org" in settings.model_fields_set else None,
        timeout=min(_TIMEOUT, patience),
        attempts=_ATTEMPTS,
        patience=patience,
        transport=here.transport,
    )
