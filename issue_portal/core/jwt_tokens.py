"""JWTs (RFC 7519) that the portal signs and verifies. Anyone can read their claims.

The algorithm is fixed, and each purpose has its own key and audience.
"""

import time
from typing import Any

import jwt

from issue_portal.core.secret_keys import SecretKeys

LEEWAY = 10
"""Seconds by which the clocks of two machines may differ."""

_ISSUER = "issue-portal"
_ALGORITHM = "HS256"
_CLAIMS = ["iss", "aud", "iat", "exp", "sub"]


def sign(keys: SecretKeys, purpose: str, claims: dict[str, Any], seconds: int) -> str:
    """Return a token with ``claims``, signed with the newest key and valid for ``seconds``."""
    now = int(time.time())
    registered = {"iss": _ISSUER, "aud": _make_audience(purpose), "iat": now, "exp": now + seconds}
    key_id, key = next(iter(keys.derive(purpose).items()))
    return jwt.encode(registered | claims, key, _ALGORITHM, headers={"kid": key_id})


def verify(keys: SecretKeys, purpose: str, token: str) -> dict[str, Any]:
    """Return the claims of a token that one of our keys signed for ``purpose``.

    Raises ``jwt.InvalidTokenError``, or its subclass ``jwt.ExpiredSignatureError``.
    """
    key = keys.derive(purpose).get(jwt.get_unverified_header(token).get("kid", ""))
    if key is None:
        raise jwt.InvalidTokenError("signed with an unknown key")
    return jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=_make_audience(purpose),
        issuer=_ISSUER,
        leeway=LEEWAY,
        options={"require": _CLAIMS},
    )


def _make_audience(purpose: str) -> str:
    return f"{_ISSUER}/{purpose}"
