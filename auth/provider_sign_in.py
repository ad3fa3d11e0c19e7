"""Sign-ins at an OIDC provider or a proxy, made from the claims about the user."""

import re
import string
import time
from dataclasses import dataclass
from typing import Any, Final

from auth import api_backend
from auth.role_mapping import Claims, map_role, read_role_values
from auth.session_lifetime import get_provider_lifetime
from issue_portal.core import jwt_tokens
from issue_portal.core.accounts import derive_name
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import Role

_LONGEST: Final = 320
"""Maximum length of an email address or a name, in characters."""

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""Lowers ASCII letters only. `str.lower` would turn the Kelvin sign into a k, and so one address
into another.
"""


@dataclass(frozen=True)
class ProviderSignIn:
    """A sign-in at an OIDC provider or a proxy. Without a role it gives no access."""

    id: str
    username: str
    """The email address."""
    name: str
    role: Role | None
    ends_at: float

    def is_valid(self) -> bool:
        """Return whether the sign-in has begun, has not expired and was not revoked."""
        left = self.ends_at - time.time()
        return (
            0 < left < get_provider_lifetime() + jwt_tokens.LEEWAY
            and not api_backend.get_backend().revoked_sign_ins.contains(self.id)
        )

    def get_person(self) -> Person | None:
        """Return the user; None if the sign-in gives no access or is not valid."""
        if self.role is None or not self.is_valid():
            return None
        return Person(self.username, self.name, self.role)


def make_sign_in(claims: Claims, sign_in_id: str, begun_at: float) -> ProviderSignIn:
    """Make the sign-in that claims describe; ``begun_at`` is in seconds since 1970."""
    address = _parse_email(claims.get("email"))
    # At a provider that many organisations share, users can enter addresses that are not theirs.
    default = get_settings().trust_unverified_email
    is_verified = str(claims.get("email_verified", default)).lower() == "true"
    return ProviderSignIn(
        id=sign_in_id,
        username=address,
        name=_clean_line(claims.get("name")) or derive_name(address),
        role=map_role(address, read_role_values(claims)) if is_verified and address else None,
        ends_at=begun_at + get_provider_lifetime(),
    )


def _parse_email(claim: Any) -> str:
    """Return the email address of a claim in lower case; "" if the address is invalid.

    Invalid addresses are not repaired or cut: the result could be the address of somebody else.
    """
    address = claim.strip(" ") if isinstance(claim, str) else ""
    is_valid = len(address) <= _LONGEST and address.isprintable() and _ADDRESS.fullmatch(address)
    return address.translate(_LOWER) if is_valid else ""


def _clean_line(claim: Any) -> str:
    """Return a claim as one line that the database can store; "" if it is not a string."""
    if not isinstance(claim, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in claim).split())[:_LONGEST]
