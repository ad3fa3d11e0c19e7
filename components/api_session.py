"""The API clients of this browser session. Pages reach the API through this module only."""

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
"""Seconds for one attempt."""

_ATTEMPTS: Final = 3

_PATIENCE: Final = 12.0
"""Seconds for all attempts of a call."""


def client() -> IssuesClient:
    """Return a client that acts for the current user, or for a visitor."""
    sign_in = current_user.get_sign_in()
    return visitor_client() if sign_in is None else client_of(sign_in)


def client_of(sign_in: SignIn) -> IssuesClient:
    """Return a client that acts for a sign-in. Each call checks that it is still valid."""
    backend = api_backend.get_backend()

    def token() -> str:
        person = sign_in.get_person()
        if person is None:
            return ""  # The client raises AuthenticationError.
        if backend.shares_key:
            return portal_token.sign(backend.keys, person)
        return _token_of(sign_in.username)

    return _client(token)


def _token_of(username: str) -> str:
    """Return the user's token for a remote server; "" without one in the secrets."""
    try:
        return str(st.secrets.get("api_tokens", {}).get(username, ""))
    except StreamlitSecretNotFoundError:
        return ""


def visitor_client(*, patience: float = _PATIENCE) -> IssuesClient:
    """Return a client without the user's identity, for anonymous reports and receipts."""
    backend = api_backend.get_backend()
    if backend.shares_key:
        visitor = Visitor(_hash_visitor())
        return _client(lambda: portal_token.sign(backend.keys, visitor), patience)
    return _client(get_settings().api_token.get_secret_value(), patience)


def _hash_visitor() -> str:
    """Return the hash of the visitor's address, under which the API counts requests.

    All visitors without an address share one count, or a new session would lift the limit.
    """
    address = normalize_address(st.context.ip_address)
    return api_backend.get_backend().keys.hash("visitor", address).hex()[:32]


def is_remote() -> bool:
    """Return whether a server other than this installation's keeps the issues."""
    return not api_backend.get_backend().shares_key


def history(issue: Issue) -> tuple[HistoryEntry, ...]:
    """Return the history of an issue; () if the server keeps none."""
    try:
        return client().history(issue.id).data
    except (NotFoundError, NotSupportedError):
        return ()


def _client(token: str | Callable[[], str], patience: float = _PATIENCE) -> IssuesClient:
    backend = api_backend.get_backend()
    settings = get_settings()
    return IssuesClient(
        backend.url,
        token,
        # Remote servers get the organisation only if it was set: they do not know our default.
        org=settings.org if not backend.shares_key and "org" in settings.model_fields_set else None,
        timeout=min(_TIMEOUT, patience),
        attempts=_ATTEMPTS,
        patience=patience,
        transport=backend.transport,
    )
