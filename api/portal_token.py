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


@dataclass(frozen=True)
class Person:
    """Someone who signed in at the portal."""

    email: str
    name: str
    role: Role


def sign(key: bytes, person: Person | None) -> str:
    """A token for ``person``, or for a visitor who is not signed in."""
    now = int(time.time())
    claims = {"iss": _ISSUER, "aud": _AUDIENCE, "iat": now, "exp": now + LIFETIME}
    if person is None:
        claims |= {"sub": _GUEST, "role": Role.GUEST}
    else:
        claims |= {"sub": person.email, "name": person.name, "role": person.role}
    return jwt.encode(claims, key, _ALGORITHM)


def verify(key: bytes, token: str) -> Person | None:
    """Whom the portal vouches for; None is a visitor. Raises ``jwt.InvalidTokenError``."""
    claims = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=_AUDIENCE,
        issuer=_ISSUER,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "role"]},
    )
    if claims["sub"] == _GUEST:
        return None
    return Person(claims["sub"], claims.get("name") or claims["sub"], Role(claims["role"]))
