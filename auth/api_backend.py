"""The API that the portal talks to: the embedded one in this process, or a remote one.

The server selects the API once, at start. `components.api_session` makes clients for it.
"""

from dataclasses import dataclass, field
from functools import cached_property

import httpx

from issue_portal.client.configuration import CONNECTION_LIMITS
from issue_portal.client.server_memory import ServerMemory
from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import get_settings


@dataclass(eq=False)
class ApiBackend:
    """The API's URL, the keys that sign requests, and the HTTP connections for all sessions."""

    url: str
    keys: SecretKeys
    http_client: httpx.Client
    accepts_portal_tokens: bool
    """Whether the API has the portal's secret key, with which the portal signs its tokens."""

    is_embedded: bool = False
    """Whether the API is in this process, so that it has the same version."""

    memory: ServerMemory = field(default_factory=ServerMemory)
    """Facts that the API has shown about itself, for the clients of all sessions."""

    @cached_property
    def revoked_sign_ins(self) -> RevokedSignIns:
        """The sign-ins that ended before they expired, for example by sign-out."""
        return RevokedSignIns(get_settings(), self.keys)


_backend: ApiBackend | None = None


def use_embedded(keys: SecretKeys, transport: httpx.BaseTransport) -> None:
    """Select the API in this process."""
    http_client = httpx.Client(transport=transport)
    _set_backend(
        ApiBackend(
            "http://embedded", keys, http_client, accepts_portal_tokens=True, is_embedded=True
        )
    )


def use_remote(keys: SecretKeys) -> None:
    """Select the API at ``ISSUES_API_URL``: another server, or a replica of this installation."""
    settings = get_settings()
    transport = httpx.HTTPTransport(limits=CONNECTION_LIMITS)
    http_client = httpx.Client(transport=transport)
    _set_backend(ApiBackend(settings.api_url, keys, http_client, settings.api_shares_key))


def get_backend() -> ApiBackend:
    """Return the selected API; raises `RuntimeError` if app.py has not started."""
    if _backend is None:
        raise RuntimeError(
            "The API backend is not set. Start the portal with: streamlit run app.py"
        )
    return _backend


def _set_backend(backend: ApiBackend) -> None:
    global _backend  # noqa: PLW0603 - page scripts reach the server's objects only through module globals
    _backend = backend
