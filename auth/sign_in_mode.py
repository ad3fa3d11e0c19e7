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
"""Streamlit's name for the provider that is configured directly in ``[auth]``."""

_SECTION: Final = "section [auth] of secrets.toml"


class SignInMode(Enum):
    """A way to sign in: accounts in a file, an OIDC provider, or a proxy."""

    ACCOUNTS = auto()
    PROVIDER = auto()
    PROXY = auto()


@cache
def get_sign_in_mode() -> SignInMode:
    """Return the sign-in mode of this process; raises `FatalError` for invalid configuration."""
    headers = st.get_option("server.trustedUserHeaders")
    auth = streamlit_compat.read_auth_section()
    if headers and auth:
        raise FatalError(
            f"Both server.trustedUserHeaders and the {_SECTION} are set."
            " Configure only one of them."
        )
    if headers and "email" not in headers.values():
        raise FatalError(
            'No header in server.trustedUserHeaders maps to "email". Add the proxy\'s header that'
            " contains the email address."
        )
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
    """Return a section of the configuration as a mapping; {} if the value is not a section."""
    return section if isinstance(section, Mapping) else {}


def _check_auth_section(auth: Mapping[str, Any]) -> None:
    check_secret(f"cookie_secret in the {_SECTION}", str(auth.get("cookie_secret", "")))
    if not str(auth.get("redirect_uri", "")).endswith("/oauth2callback"):
        raise FatalError(
            f"redirect_uri in the {_SECTION} must be the portal's address followed by"
            " /oauth2callback."
        )
    if not (names := _list_providers(auth)):
        raise FatalError(
            f"client_id is missing in the {_SECTION}. Set it there or in a section of the provider,"
            " such as [auth.okta]."
        )
    try:
        for name in names:
            streamlit_compat.check_auth_provider(name)
    except StreamlitAuthError as error:
        raise FatalError(" ".join(str(error).split())) from error
