"""The short-lived token by which the portal tells the API on whose behalf it calls (a JWT)."""

from dataclasses import dataclass

from issue_portal.core import jwt_tokens
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role

LIFETIME = 60
"""Seconds a token is good for: it is made for one call."""

_PURPOSE = "api"
_GUEST = "guest"
_OPERATOR = "operator"


@dataclass(frozen=True)
class Person:
    """Someone who signed in at the portal."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Visitor:
    """Someone who did not sign in. ``limited_as`` is what requests are counted under, opaque."""

    rate_limit_key: str


@dataclass(frozen=True)
class Operator:
    """Whoever runs the command line beside the data: sees everything, is no user."""


Caller = Person | Visitor | Operator


def sign(keys: SecretKeys, caller: Caller, seconds: int = LIFETIME) -> str:
    """A token for ``caller``."""
    if isinstance(caller, Visitor):
        claims = {"sub": _GUEST, "role": Role.GUEST, "visitor": caller.rate_limit_key}
    elif isinstance(caller, Operator):
        claims = {"sub": _OPERATOR, "role": Role.OWNER}
    else:
        claims = {"sub": caller.email, "name": caller.name, "role": caller.role}
    return jwt_tokens.sign(keys, _PURPOSE, claims, seconds)


def verify(keys: SecretKeys, token: str) -> Caller:
    """Whom the portal vouches for. Raises ``jwt.InvalidTokenError`` or ``ValueError``."""
    claims = jwt_tokens.verify(keys, _PURPOSE, token)
    if claims["sub"] == _GUEST:
        return Visitor(str(claims.get("visitor", "")))
    if claims["sub"] == _OPERATOR:
        return Operator()
    return Person(claims["sub"], claims.get("name") or claims["sub"], Role(claims.get("role", "")))
