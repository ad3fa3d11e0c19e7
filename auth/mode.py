"""How users sign in: with accounts in a file, at an OIDC provider, or at a proxy."""

from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import Any, Final

import streamlit as st
from streamlit.errors import StreamlitAuthError

from issue_portal.core.secret_keys import check_secret
from issue_portal.core.settings import FatalError
from web import streamlit_compat

DEFAULT_PROVIDER: Final = "default"
"""Streamlit's name for the provider whose settings are in the section ``auth`` itself."""

_SECTION: Final = "section [auth] of secrets.toml"


class SignInMode(Enum):
    """A way to sign in: accounts in a file, an OIDC provider, or a proxy."""

    ACCOUNTS = auto()
    PROVIDER = auto()
    PROXY = auto()


@cache
def get_sign_in_mode() -> SignInMode:
    """Return the mode of this process; raises `FatalError` if its configuration is invalid."""
    headers = st.get_option("server.trustedUserHeaders")
    auth = streamlit_compat.read_auth_section()
    if headers and auth:
        raise FatalError(
            f"People sign in at the proxy (server.trustedUserHeaders) or by OIDC ({_SECTION}):"
            " configure one of them."
        )
    if headers and "email" not in headers.values():
        raise FatalError('server.trustedUserHeaders: name the header that has the "email".')
    if headers:
        return SignInMode.PROXY
    if auth:
        _check_auth_section(auth)
        return SignInMode.PROVIDER
    return SignInMode.ACCOUNTS


def list_providers() -> list[str]:
    """Return the names of the configured providers, as `st.login` expects them."""
    return _list_providers(streamlit_compat.read_auth_section())


def _list_providers(auth: Mapping[str, Any]) -> list[str]:
    named = [name for name, section in auth.items() if "client_id" in as_mapping(section)]
    return [DEFAULT_PROVIDER, *named] if "client_id" in auth else named


def as_mapping(section: Any) -> Mapping[str, Any]:
    """Return a section of the configuration as a mapping; {} for any other value."""
    return section if isinstance(section, Mapping) else {}


def _check_auth_section(auth: Mapping[str, Any]) -> None:
    check_secret(f"cookie_secret in the {_SECTION}", str(auth.get("cookie_secret", "")))
    if not str(auth.get("redirect_uri", "")).endswith("/oauth2callback"):
        raise FatalError(
            f"redirect_uri in the {_SECTION}: the portal's address and /oauth2callback."
        )
    if not (names := _list_providers(auth)):
        raise FatalError(f"There is no client_id in the {_SECTION}, nor in a section below it.")
    try:
        for name in names:
            streamlit_compat.check_auth_provider(name)
    except StreamlitAuthError as error:
        raise FatalError(" ".join(str(error).split())) from error
