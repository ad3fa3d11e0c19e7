"""The API clients of this browser session. Pages call the API only through these clients."""

from collections.abc import Callable
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from auth import api_backend, current_user
from auth.current_user import SignIn
from issue_portal.client.client import IssuesClient
from issue_portal.core import portal_token
from issue_portal.core.client_address import make_client_key
from issue_portal.core.portal_token import Visitor
from issue_portal.core.settings import get_settings

_ATTEMPT_TIMEOUT: Final = 5.0
"""Seconds for each attempt of a call."""

_MAX_RETRIES: Final = 2

_CALL_TIMEOUT: Final = 12.0
"""Seconds for all attempts of a call together."""


def client() -> IssuesClient:
    """Return a client that acts for the current user, or for a visitor if no one is signed in."""
    sign_in = current_user.get_sign_in()
    return visitor_client() if sign_in is None else client_of(sign_in)


def client_of(sign_in: SignIn) -> IssuesClient:
    """Return a client that acts for the user of ``sign_in``.

    Its calls raise `AuthenticationError` once the sign-in has ended.
    """
    backend = api_backend.get_backend()

    def make_token() -> str:
        person = sign_in.get_person()
        if person is None:
            return ""  # The client raises AuthenticationError.
        if backend.accepts_portal_tokens:
            return portal_token.sign(backend.keys, person)
        return _read_remote_token(sign_in.username)

    return _build_client(make_token)


def _read_remote_token(username: str) -> str:
    """Return the user's token for a remote server, or "" if the secrets have none."""
    try:
        return str(st.secrets.get("api_tokens", {}).get(username, ""))
    except StreamlitSecretNotFoundError:
        return ""


def visitor_client(*, timeout: float = _CALL_TIMEOUT) -> IssuesClient:
    """Return a client without the user's identity, for anonymous reports and receipts.

    ``timeout`` limits each call, in seconds.
    """
    backend = api_backend.get_backend()
    if backend.accepts_portal_tokens:
        visitor = Visitor(_hash_visitor_address())
        return _build_client(lambda: portal_token.sign(backend.keys, visitor), timeout)
    return _build_client(get_settings().api_token.get_secret_value(), timeout)


def _hash_visitor_address() -> str:
    """Return the hash of the visitor's address, under which the API counts requests.

    All visitors without an address share one counter. With a counter per session, a new session
    would reset the limit.
    """
    address = make_client_key(st.context.ip_address)
    return api_backend.get_backend().keys.hash("visitor", address).hex()[:32]


def is_remote() -> bool:
    """Return whether the issues are on a server outside this installation."""
    return not api_backend.get_backend().accepts_portal_tokens


def _build_client(token: str | Callable[[], str], timeout: float = _CALL_TIMEOUT) -> IssuesClient:
    backend = api_backend.get_backend()
    settings = get_settings()
    return IssuesClient(
        backend.url,
        token,
        org="" if backend.accepts_portal_tokens else settings.chosen_org or "",
        timeout=min(_ATTEMPT_TIMEOUT, timeout),
        max_retries=_MAX_RETRIES,
        total_timeout=timeout,
        memory=backend.memory,
        http_client=backend.http_client,
    )
