"""The cookies of a sign-in at an OIDC provider: Streamlit's, our seal, and the OAuth state.

`auth.oidc` explains why Streamlit's cookies need a seal.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from typing import Final

from auth.browser_cookies import get_full_cookie_name
from auth.role_mapping import Claims
from web import streamlit_compat
from web.streamlit_compat import USER_COOKIE_NAME

_SEAL_COOKIE: Final = f"{USER_COOKIE_NAME}_seal"

_STATE_COOKIE: Final = f"{USER_COOKIE_NAME}_begun"


def seal_sign_in(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the header that sets or removes the seal along with Streamlit's sign-in cookies.

    ``headers`` are the headers of a response. Returns [] if the response neither sets nor removes
    the sign-in cookies.
    """
    theirs, ours = SimpleCookie(), SimpleCookie()
    for header, value in headers:
        if header.lower() == b"set-cookie":
            theirs.load(value.decode("latin-1"))
    user_cookie = theirs.get(USER_COOKIE_NAME)
    if user_cookie is None:
        return []
    claims_json = _read_user_cookie({cookie.key: cookie.value for cookie in theirs.values()})
    name = _name_cookie(_SEAL_COOKIE)
    ours[name] = (
        streamlit_compat.sign_cookie(name, _hash_claims(claims_json)) if claims_json else ""
    )
    ours[name].update(user_cookie)  # Copy the lifetime and the other attributes.
    ours[name]["path"], ours[name]["secure"] = "/", is_over_tls()
    return [(b"set-cookie", ours[name].OutputString().encode())]


def get_state_cookie_name(state: str) -> str:
    """Return the name of the cookie that binds an OAuth ``state`` to the browser.

    Another host of the domain can set the cookie in which Streamlit keeps the state, and thereby
    sign a user in as somebody else. Over TLS, no other host can set the cookie that this function
    names.
    """
    digest = hashlib.sha256(state.encode()).hexdigest()[:16]
    return _name_cookie(f"{_STATE_COOKIE}_{digest}")


def is_over_tls() -> bool:
    """Return whether browsers reach the portal over TLS."""
    return streamlit_compat.get_redirect_origin().startswith("https:")


def read_claims(cookies: Mapping[str, str]) -> Claims:
    """Return the claims of the sign-in in a browser's cookies.

    Returns {} if there is no sign-in, if the seal does not match the claims, or if the user signed
    in at another origin.
    """
    claims_json = _read_user_cookie(cookies)
    seal = streamlit_compat.verify_cookie(
        _name_cookie(_SEAL_COOKIE), cookies.get(_name_cookie(_SEAL_COOKIE), "")
    )
    if not claims_json or not seal:
        return {}
    if not hmac.compare_digest(seal, _hash_claims(claims_json).encode()):
        return {}
    claims: Claims = json.loads(claims_json)
    return claims if claims.get("origin") == streamlit_compat.get_redirect_origin() else {}


def _read_user_cookie(cookies: Mapping[str, str]) -> bytes | None:
    return streamlit_compat.read_user_cookie(
        lambda name: streamlit_compat.verify_cookie(name, cookies.get(name, ""))
    )


def _name_cookie(name: str) -> str:
    return get_full_cookie_name(name, is_secure=is_over_tls())


def _hash_claims(claims_json: bytes) -> str:
    return hashlib.sha256(claims_json).hexdigest()
