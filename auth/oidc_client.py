"""How Streamlit asks the provider of sign-ins: by Authlib, which makes a client for each question.

Each client would read the certificates of all authorities anew (httpx 0.28): 60 ms in which the
portal answers nobody, for everyone who asks for ``/auth/login``. They share what was read once.
"""

import ssl
from functools import cache
from typing import Any, Final

import httpx
from authlib.integrations import httpx_client, starlette_client

_SECONDS: Final = 5.0
"""How long the provider may take to connect, and for each part of an answer."""


class ProviderClient(httpx_client.AsyncOAuth2Client):  # type: ignore[misc]  # Authlib has no types.
    """Authlib's client, with certificates that were read before."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"verify": _load_certificates(), "timeout": _SECONDS} | options)


def install_provider_client() -> None:
    """Have Authlib use it; called once, before the first sign-in."""
    _load_certificates()
    starlette_client.StarletteOAuth2App.client_cls = ProviderClient


@cache
def _load_certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
