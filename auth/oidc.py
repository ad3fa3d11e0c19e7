"""Signing in elsewhere: at a provider of OpenID Connect, or at a proxy that says who it is.

The provider is in the section ``auth`` of Streamlit's secrets, the proxy's headers are in its
option ``server.trustedUserHeaders``. Who may review and who may report, our own settings say.

Streamlit (1.67) spreads long claims over several cookies and signs each by itself: somebody could
put those of two sign-ins together and be a third person. So we seal them all together; over TLS
the seal is a cookie that no other host can set, so that nobody is made somebody else either.
"""

import hashlib
import hmac
import json
import re
import string
import time
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Final

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    decode_signed_value,
)
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

from auth import api_backend
from auth.mode import Way, way_in
from issue_portal.core import jwt_tokens
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import Role
from issue_portal.server.services.authentication import name_of

LIFETIME: Final = 12 * 3600
"""Seconds a sign-in is good for, unless it is set otherwise."""

_FAR_FUTURE: Final = 2**40
"""Seconds since 1970, beyond which nothing can be computed with some numbers."""

# What tells one sign-in of a person from another.
_OF_ONE_SIGN_IN: Final = ("iss", "sub", "iat", "nonce")
SEEN: Final = "proxy_seen"
_LONGEST: Final = 320
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""Not of all letters: the sign for kelvin would become a k, and an address somebody else's."""

_SEAL: Final = f"{USER_COOKIE_NAME}_seal"
_BEGUN: Final = f"{USER_COOKIE_NAME}_begun"

Claims = Mapping[str, Any]


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
        return 0 < left < lifetime() + jwt_tokens.LEEWAY and not api_backend.current().ended.has(
            self.id
        )

    def person(self) -> Person | None:
        """Who it is; None if it gives no access, or does not hold (any more)."""
        if self.role is None or not self.holds():
            return None
        return Person(self.username, self.name, self.role)


def current() -> ProviderSignIn | None:
    """The sign-in of this browser session."""
    if way_in() is Way.PROXY:
        # The headers are those of the moment when the page was opened.
        return _by_headers(st.user.to_dict(), st.session_state.setdefault(SEEN, time.time()))
    # Streamlit has compared where the page was opened with where the sign-in began.
    return _by_claims(_claims_in(st.context.cookies)) if st.user.get("is_logged_in") else None


def of(request: HTTPConnection) -> ProviderSignIn | None:
    """The sign-in that a request beside the pages comes with."""
    if way_in() is Way.PROXY:
        return _by_headers(gather_user_info(request.headers), time.time())
    return _by_claims(_claims_in(request.cookies))


def end(request: HTTPConnection) -> None:
    """End the sign-in at the provider that a request comes with, if there is one."""
    found = of(request) if way_in() is Way.PROVIDER else None
    if found and found.holds():
        api_backend.current().ended.add(found.id, found.ends_at)


def lifetime() -> float:
    """Seconds a sign-in is good for."""
    hours = get_settings().sign_in_hours
    return hours * 3600 if hours else LIFETIME


def role_of(address: str, values: Set[str]) -> Role | None:
    """What someone may do who has this address and these values of ``ISSUES_ROLE_CLAIM``."""
    settings = get_settings()
    if _is_named(settings.reviewers, address, values):
        return Role.ADMIN
    if not settings.members or _is_named(settings.members, address, values):
        return Role.MEMBER
    return None


def values_of(claims: Claims) -> Set[str]:
    """The values of ``ISSUES_ROLE_CLAIM``, which is a claim or a path such as a.b to one."""
    path = get_settings().role_claim
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    listed = found if isinstance(found, list) else [found]
    return {str(value).strip() for value in listed if value is not None} - {""}


def _is_named(names: str, address: str, values: Set[str]) -> bool:
    """Whether a list has the address, its ``@domain`` or one of the values."""
    domain = address[address.index("@") :]
    listed = [name.strip() for name in names.split(",")]
    # A group that is called like an address is none.
    return any(
        name.lower() in (address, domain) if "@" in name else name in values for name in listed
    )


def _by_claims(claims: Claims) -> ProviderSignIn | None:
    if not claims.get("is_logged_in"):
        return None
    one_sign_in = json.dumps([claims.get(name) for name in _OF_ONE_SIGN_IN])
    begun_at = claims.get("iat")
    if not isinstance(begun_at, int | float) or not 0 <= begun_at < _FAR_FUTURE:
        begun_at = 0
    return _sign_in(claims, one_sign_in, begun_at)


def _by_headers(headers: Claims, seen: float) -> ProviderSignIn | None:
    if not headers.get("email"):
        return None
    groups = str(headers.get(get_settings().role_claim) or "").split(",")
    told = {**headers, "email_verified": True, get_settings().role_claim: groups}
    told["name"] = _as_utf8(str(headers.get("name") or ""))
    return _sign_in(told, "", seen)


def _as_utf8(header: str) -> str:
    """A header as proxies send names, though the standard reads each byte as a letter (Latin-1)."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _sign_in(claims: Claims, sign_in: str, begun_at: float) -> ProviderSignIn:
    address = _address(claims.get("email"))
    # Where many organisations share a provider, anybody may write any address into their account.
    unsaid = get_settings().trust_unverified_email
    vouched_for = str(claims.get("email_verified", unsaid)).lower() == "true"
    return ProviderSignIn(
        id=sign_in,
        username=address,
        name=_text(claims.get("name")) or name_of(address),
        role=role_of(address, values_of(claims)) if vouched_for and address else None,
        ends_at=begun_at + lifetime(),
    )


def _address(claim: Any) -> str:
    """The address as it is: cut or cleaned, it could be somebody else's. "" if it is none."""
    address = claim.strip(" ") if isinstance(claim, str) else ""
    is_one = len(address) <= _LONGEST and address.isprintable() and _ADDRESS.fullmatch(address)
    return address.translate(_LOWER) if is_one else ""


def _text(claim: Any) -> str:
    """A claim as a line that can be stored; nothing if it is no text."""
    if not isinstance(claim, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in claim).split())[:_LONGEST]


def seal(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The header that seals the sign-in of an answer in which Streamlit keeps or ends one."""
    answered, ours = SimpleCookie(), SimpleCookie()
    for header, value in headers:
        if header.lower() == b"set-cookie":
            answered.load(value.decode("latin-1"))
    main = answered.get(USER_COOKIE_NAME)
    if main is None:
        return []
    claims = _kept_in({cookie.key: cookie.value for cookie in answered.values()})
    name = host_only(_SEAL)
    told = create_signed_value(get_cookie_secret(), name, _digest(claims)) if claims else b""
    ours[name] = told.decode()
    ours[name].update(main)  # How long it lasts, and all else.
    ours[name]["path"], ours[name]["secure"] = "/", is_over_tls()
    return [(b"set-cookie", ours[name].OutputString().encode())]


def begun(state: str) -> str:
    """The cookie of a browser from which somebody has left for the provider with this state.

    Streamlit keeps the state in a cookie that another host of the domain can set, to lead somebody
    back with a sign-in that is not theirs.
    """
    return host_only(f"{_BEGUN}_{hashlib.sha256(state.encode()).hexdigest()[:16]}")


def host_only(name: str) -> str:
    """A cookie's name that browsers take from this very host only if it has TLS (RFC 6265bis)."""
    return f"__Host-{name}" if is_over_tls() else name


def is_over_tls() -> bool:
    """Whether browsers reach the portal over TLS."""
    return str(get_origin_from_redirect_uri()).startswith("https:")


def _claims_in(cookies: Mapping[str, str]) -> Claims:
    """What Streamlit keeps of a sign-in; nothing if it is not what was kept at one."""
    kept, told = _kept_in(cookies), _signed(cookies, host_only(_SEAL))
    if not kept or not told or not hmac.compare_digest(told, _digest(kept).encode()):
        return {}
    claims: Claims = json.loads(kept)
    return claims if claims.get("origin") == get_origin_from_redirect_uri() else {}


def _kept_in(cookies: Mapping[str, str]) -> bytes | None:
    return get_cookie_with_chunks(lambda name: _signed(cookies, name), USER_COOKIE_NAME)


def _signed(cookies: Mapping[str, str], name: str) -> bytes | None:
    value = cookies.get(name, "").encode("latin-1", "replace")
    return decode_signed_value(get_cookie_secret(), name, value) if value else None


def _digest(kept: bytes) -> str:
    return hashlib.sha256(kept).hexdigest()
