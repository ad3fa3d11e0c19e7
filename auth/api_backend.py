"""The API that the portal talks to: the embedded one in this process, or a remote one.

Set once when the server starts. `components.api_session` makes clients for it.
"""

from dataclasses import dataclass
from functools import cached_property

import httpx

from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import get_settings


@dataclass(eq=False)
class ApiBackend:
    """Where requests go and the keys to sign them with. All sessions share the transport."""

    url: str
    keys: SecretKeys
    transport: httpx.BaseTransport
    is_ours: bool
    """Whether the API has this installation's key, so that it trusts the portal's tokens."""

    @cached_property
    def revoked_sign_ins(self) -> RevokedSignIns:
        """The sign-ins that were signed out before they expired."""
        return RevokedSignIns(get_settings(), self.keys)


_backend: ApiBackend | None = None


def use_embedded(keys: SecretKeys, transport: httpx.BaseTransport) -> None:
    """Talk to the API in this process."""
    _set_backend(ApiBackend("http://embedded", keys, transport, is_ours=True))


def use_remote(keys: SecretKeys) -> None:
    """Talk to the API at ``ISSUES_API_URL``: another server, or a replica of this installation."""
    settings = get_settings()
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=20))
    _set_backend(ApiBackend(settings.api_url, keys, transport, settings.api_shares_key))


def get_backend() -> ApiBackend:
    """Return the API to talk to. Raises `RuntimeError` unless app.py was started."""
    if _backend is None:
        raise RuntimeError("The portal runs as app.py: streamlit run app.py")
    return _backend


def _set_backend(backend: ApiBackend) -> None:
    global _backend  # noqa: PLW0603 - a script has no other access to what the server started
    _backend = backend
