"""Statements that we sign for ourselves, for a while (JWT, RFC 7519): what they say is not secret.

The algorithm is pinned, and each purpose has a key and an audience of its own.
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
    """A statement of ``claims``, signed with the newest key and good for so many seconds."""
    now = int(time.time())
    about = {"iss": _ISSUER, "aud": _make_audience(purpose), "iat": now, "exp": now + seconds}
    key_id, key = next(iter(keys.derive(purpose).items()))
    return jwt.encode(about | claims, key, _ALGORITHM, headers={"kid": key_id})


def verify(keys: SecretKeys, purpose: str, statement: str) -> dict[str, Any]:
    """The claims, if they were signed for this ``purpose`` with a key that we still have.

    Raises ``jwt.InvalidTokenError``, or ``jwt.ExpiredSignatureError`` of that kind.
    """
    key = keys.derive(purpose).get(jwt.get_unverified_header(statement).get("kid", ""))
    if key is None:
        raise jwt.InvalidTokenError("signed with another key")
    return jwt.decode(
        statement,
        key,
        algorithms=[_ALGORITHM],
        audience=_make_audience(purpose),
        issuer=_ISSUER,
        leeway=LEEWAY,
        options={"require": _CLAIMS},
    )


def _make_audience(purpose: str) -> str:
    return f"{_ISSUER}/{purpose}"
