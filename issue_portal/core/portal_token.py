"""The short-lived token (a JWT) that tells the API on whose behalf the portal calls."""

from dataclasses import dataclass

from issue_portal.core import jwt_tokens
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role

LIFETIME = 60
"""Seconds. Each call gets its own token."""

_PURPOSE = "api"
_GUEST = "guest"
_OPERATOR = "operator"


@dataclass(frozen=True)
class Person:
    """A person who signed in at the portal."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Visitor:
    """A person who did not sign in; rate limits count by the opaque ``rate_limit_key``."""

    rate_limit_key: str


@dataclass(frozen=True)
class Operator:
    """A person at the command line, who has all permissions but is not a user of the portal."""


Caller = Person | Visitor | Operator


def sign(keys: SecretKeys, caller: Caller, seconds: int = LIFETIME) -> str:
    """Return a token for ``caller``."""
    if isinstance(caller, Visitor):
        claims = {"sub": _GUEST, "role": Role.GUEST, "visitor": caller.rate_limit_key}
    elif isinstance(caller, Operator):
        claims = {"sub": _OPERATOR, "role": Role.OWNER}
    else:
        claims = {"sub": caller.email, "name": caller.name, "role": caller.role}
    return jwt_tokens.sign(keys, _PURPOSE, claims, seconds)


def verify(keys: SecretKeys, token: str) -> Caller:
    """Return the caller that a token names. Raises ``jwt.InvalidTokenError`` or ``ValueError``."""
    claims = jwt_tokens.verify(keys, _PURPOSE, token)
    if claims["sub"] == _GUEST:
        return Visitor(str(claims.get("visitor", "")))
    if claims["sub"] == _OPERATOR:
        return Operator()
    return Person(claims["sub"], claims.get("name") or claims["sub"], Role(claims.get("role", "")))
