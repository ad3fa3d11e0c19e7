"""The HTTP client that Authlib uses for the OIDC provider.

Authlib makes a client per request, and each client loads all certificate authorities (httpx 0.28).
Loading blocks the event loop for 60 ms on each request of ``/auth/login``. All `ProviderClient`
objects share one set of loaded certificates.

TODO(authlib>1.9): remove when Authlib accepts an SSL context or reuses its clients.
"""

from typing import Any, Final

from authlib.integrations import httpx_client, starlette_client

from issue_portal.client.configuration import load_certificates

_TIMEOUT_SECONDS: Final = 5.0
"""Timeout for connecting to the provider, and for each read of a response."""


class ProviderClient(httpx_client.AsyncOAuth2Client):  # type: ignore[misc]  # Authlib has no types.
    """Authlib's client with shared certificates and a timeout."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"verify": load_certificates(), "timeout": _TIMEOUT_SECONDS} | options)


def install_provider_client() -> None:
    """Make Authlib use `ProviderClient`. Call it once, before the first sign-in."""
    load_certificates()
    starlette_client.StarletteOAuth2App.client_cls = ProviderClient
