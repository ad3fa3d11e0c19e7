"""The short-lived token by which the portal tells the API on whose behalf it calls (a JWT)."""

import time
from dataclasses import dataclass

import jwt

from api.contract import Role

LIFETIME = 300
"""Seconds a token is good for."""

_ISSUER = "issue-portal"
_AUDIENCE = "issue-portal/api"
_ALGORITHM = "HS256"
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

    limited_as: str


@dataclass(frozen=True)
class Operator:
    """Whoever runs the command line beside the data: sees everything, is no user."""


Caller = Person | Visitor | Operator


def sign(key: bytes, caller: Caller) -> str:
    """A token for ``caller``."""
    now = int(time.time())
    claims = {"iss": _ISSUER, "aud": _AUDIENCE, "iat": now, "exp": now + LIFETIME}
    if isinstance(caller, Visitor):
        claims |= {"sub": _GUEST, "role": Role.GUEST, "visitor": caller.limited_as}
    elif isinstance(caller, Operator):
        claims |= {"sub": _OPERATOR, "role": Role.OWNER}
    else:
        claims |= {"sub": caller.email, "name": caller.name, "role": caller.role}
    return jwt.encode(claims, key, _ALGORITHM)


def verify(key: bytes, token: str) -> Caller:
    """Whom the portal vouches for. Raises ``jwt.InvalidTokenError`` or ``ValueError``."""
    claims = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=_AUDIENCE,
        issuer=_ISSUER,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "role"]},
    )
    if claims["sub"] == _GUEST:
        return Visitor(str(claims.get("visitor", "")))
    if claims["sub"] == _OPERATOR:
        return Operator()
    return Person(claims["sub"], claims.get("name") or claims["sub"], Role(claims["role"]))
