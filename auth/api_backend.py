"""Which API the portal talks to: the one embedded in this process, or a remote one.

Set once when the server starts; `components.api_session` makes clients from it.
"""

from dataclasses import dataclass
from functools import cached_property

import httpx

from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import get_settings


@dataclass
class ApiBackend:
    """Where requests go and the keys to sign them with. All sessions share the transport."""

    url: str
    keys: SecretKeys
    transport: httpx.BaseTransport
    ours: bool
    """Whether it has this installation's key, so that the portal vouches for its people."""
    filters: bool | None = None
    """Whether it filters lists, once that is known."""
    receipts: bool | None = None
    """Whether it gives receipts for anonymous reports, once that is known."""
    knows_people: bool | None = None
    """Whether it says who a caller is, once that is known."""
    wanted: frozenset[str] = frozenset()
    """What it has refused a report without: see `components.server_capabilities`."""
    asked_at: float | None = None
    """When it was asked for a receipt, by ``time.monotonic()``."""

    @cached_property
    def ended(self) -> RevokedSignIns:
        """The sign-ins that were ended."""
        return RevokedSignIns(get_settings(), self.keys)


_current: ApiBackend | None = None


def use_embedded(keys: SecretKeys, transport: httpx.BaseTransport) -> None:
    """Talk to the API in this process."""
    _set_backend(
        ApiBackend("http://embedded", keys, transport, ours=True, filters=True, receipts=True)
    )


def use_remote(keys: SecretKeys) -> None:
    """Talk to the API at ``ISSUES_API_URL``: another's, or a replica of this installation's."""
    settings = get_settings()
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=20))
    ours = settings.api_shares_key
    known = True if ours else None
    _set_backend(ApiBackend(settings.api_url, keys, transport, ours, filters=known, receipts=known))


def get_backend() -> ApiBackend:
    """The API to talk to."""
    if _current is None:
        raise RuntimeError("The portal runs as app.py: streamlit run app.py")
    return _current


def _set_backend(backend: ApiBackend) -> None:
    global _current  # noqa: PLW0603 - the script has no other way to what the server started
    _current = backend
