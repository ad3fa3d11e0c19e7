"""The cookies of a sign-in at the provider."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from typing import Final

from auth.role_mapping import Claims
from web import streamlit_compat
from web.streamlit_compat import USER_COOKIE_NAME

_SEAL: Final = f"{USER_COOKIE_NAME}_seal"

_BEGUN: Final = f"{USER_COOKIE_NAME}_begun"


def seal_sign_in(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The header that seals the sign-in of an answer in which Streamlit keeps or ends one."""
    answered, ours = SimpleCookie(), SimpleCookie()
    for header, value in headers:
        if header.lower() == b"set-cookie":
            answered.load(value.decode("latin-1"))
    main = answered.get(USER_COOKIE_NAME)
    if main is None:
        return []
    claims = _read_user_cookie({cookie.key: cookie.value for cookie in answered.values()})
    name = name_host_cookie(_SEAL)
    ours[name] = streamlit_compat.sign_cookie(name, _hash_claims(claims)) if claims else ""
    ours[name].update(main)  # How long it lasts, and all else.
    ours[name]["path"], ours[name]["secure"] = "/", is_over_tls()
    return [(b"set-cookie", ours[name].OutputString().encode())]


def name_departure_cookie(state: str) -> str:
    """The cookie of a browser from which somebody has left for the provider with this state.

    Streamlit keeps the state in a cookie that another host of the domain can set, to lead somebody
    back with a sign-in that is not theirs.
    """
    return name_host_cookie(f"{_BEGUN}_{hashlib.sha256(state.encode()).hexdigest()[:16]}")


def name_host_cookie(name: str) -> str:
    """A cookie's name that browsers take from this very host only if it has TLS (RFC 6265bis)."""
    return f"__Host-{name}" if is_over_tls() else name


def is_over_tls() -> bool:
    """Whether browsers reach the portal over TLS."""
    return streamlit_compat.get_redirect_origin().startswith("https:")


def read_claims(cookies: Mapping[str, str]) -> Claims:
    """What Streamlit keeps of a sign-in; nothing if it is not what was kept at one."""
    kept, told = _read_user_cookie(cookies), _read_signed(cookies, name_host_cookie(_SEAL))
    if not kept or not told or not hmac.compare_digest(told, _hash_claims(kept).encode()):
        return {}
    claims: Claims = json.loads(kept)
    return claims if claims.get("origin") == streamlit_compat.get_redirect_origin() else {}


def _read_user_cookie(cookies: Mapping[str, str]) -> bytes | None:
    return streamlit_compat.read_user_cookie(lambda name: _read_signed(cookies, name))


def _read_signed(cookies: Mapping[str, str], name: str) -> bytes | None:
    return streamlit_compat.verify_cookie(name, cookies.get(name, ""))


def _hash_claims(kept: bytes) -> str:
    return hashlib.sha256(kept).hexdigest()
