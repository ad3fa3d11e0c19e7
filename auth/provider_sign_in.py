"""A sign-in at the provider or the proxy."""

import re
import string
import time
from dataclasses import dataclass
from typing import Any, Final

from auth import api_backend
from auth.role_mapping import Claims, map_role, read_role_values
from issue_portal.core import jwt_tokens
from issue_portal.core.accounts import derive_name
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import Role

LIFETIME: Final = 12 * 3600
"""Seconds a sign-in is good for, unless it is set otherwise."""

_LONGEST: Final = 320

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""Not of all letters: the sign for kelvin would become a k, and an address somebody else's."""


@dataclass(frozen=True)
class ProviderSignIn:
    """A sign-in at the provider or the proxy. Without a role it gives no access here."""

    id: str
    username: str
    """The address."""
    name: str
    role: Role | None
    ends_at: float

    def holds(self) -> bool:
        """Whether it has begun, and has neither ended nor been ended."""
        left = self.ends_at - time.time()
        return (
            0 < left < get_lifetime() + jwt_tokens.LEEWAY
            and not api_backend.get_backend().revoked_sign_ins.has(self.id)
        )

    def person(self) -> Person | None:
        """Who it is; None if it gives no access, or does not hold (any more)."""
        if self.role is None or not self.holds():
            return None
        return Person(self.username, self.name, self.role)


def get_lifetime() -> float:
    """Seconds a sign-in is good for."""
    hours = get_settings().sign_in_hours
    return hours * 3600 if hours else LIFETIME


def make_sign_in(claims: Claims, sign_in: str, begun_at: float) -> ProviderSignIn:
    """Make the sign-in that claims describe.

    ``sign_in`` is its id; ``begun_at`` is in seconds since 1970.
    """
    address = _parse_email(claims.get("email"))
    # Where many organisations share a provider, anybody may write any address into their account.
    unsaid = get_settings().trust_unverified_email
    vouched_for = str(claims.get("email_verified", unsaid)).lower() == "true"
    return ProviderSignIn(
        id=sign_in,
        username=address,
        name=_clean_line(claims.get("name")) or derive_name(address),
        role=map_role(address, read_role_values(claims)) if vouched_for and address else None,
        ends_at=begun_at + get_lifetime(),
    )


def _parse_email(claim: Any) -> str:
    """The address as it is: cut or cleaned, it could be somebody else's. "" if it is none."""
    address = claim.strip(" ") if isinstance(claim, str) else ""
    is_one = len(address) <= _LONGEST and address.isprintable() and _ADDRESS.fullmatch(address)
    return address.translate(_LOWER) if is_one else ""


def _clean_line(claim: Any) -> str:
    """A claim as a line that can be stored; nothing if it is no text."""
    if not isinstance(claim, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in claim).split())[:_LONGEST]
