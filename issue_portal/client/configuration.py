"""The settings of a client: arguments, else environment variables."""

import os
import re
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import httpx

from issue_portal import __version__
from issue_portal.client.errors import ConfigurationError

PREFIX: Final = "/api/v1/app"

_LONGEST_TIME: Final = 24 * 60 * 60
"""Longest timeout in seconds: the operating system refuses those of many years."""

CONNECTION_LIMITS: Final = httpx.Limits(max_keepalive_connections=20, keepalive_expiry=3.0)
"""Idle connections are closed after 3 s. Many servers close them after 5 s, httpx's default, and
the response to a request that is sent at that moment is lost."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_RESERVED_HEADERS: Final = frozenset(
    {"authorization", "accept-encoding", "connection", "content-encoding", "content-length"}
    | {"content-type", "host", "transfer-encoding", "x-request-id"}
)
"""Headers that only the client sets."""

_CALL_HEADERS: Final = frozenset({"idempotency-key", "if-match", "if-none-match"})
"""Headers that belong to one call: a second report with the same key would not be stored."""


@cache
def load_certificates() -> ssl.SSLContext:
    """Return the TLS settings that all clients share: loading the certificates takes some 30 ms.

    The first call reads ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``; later changes have no effect.
    """
    return httpx.create_ssl_context()


def find_base_url(base_url: str | None) -> str:
    """Return the URL under which all calls are, without a slash at the end."""
    text = _find("base_url", base_url, "ISSUES_API_URL")
    try:
        # User info in the URL would replace our Authorization header and appear in logs.
        url = httpx.URL(text).copy_with(userinfo=b"", query=None, fragment=None)
    except (httpx.InvalidURL, ValueError):
        url = None
    if url is None or url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError("base_url is not a URL such as https://issues.example.com.")
    # The vendor calls the URL with /api/v1 the base URL.
    return re.sub(r"(/api/v1(/app)?)?/*$", "", str(url)) + PREFIX


def find_token(token: str | Callable[[], str] | None) -> str | Callable[[], str]:
    """Return the token, or the function that returns it."""
    return token if callable(token) else _find("token", token, "ISSUES_API_TOKEN")


def check_limits(timeout: float, max_retries: int, total_timeout: float) -> None:
    """Raise `ConfigurationError` if a limit of a call is not a number or out of range."""
    for name, seconds in (("timeout", timeout), ("total_timeout", total_timeout)):
        if not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST_TIME:
            text = f"{name} must be more than 0 and at most {_LONGEST_TIME} seconds."
            raise ConfigurationError(text)
    if not isinstance(max_retries, int) or max_retries < 0:
        raise ConfigurationError("max_retries must be 0 or a larger integer.")


def build_headers(org: str | None, default_headers: Mapping[str, str] | None) -> httpx.Headers:
    """Return the headers of every request except ``Authorization``."""
    headers = httpx.Headers(
        {"Accept": "application/json", "User-Agent": f"issue-portal-python/{__version__}"}
    )
    headers.update(check_headers(default_headers or {}, is_default=True))
    # `_ResponseReader` decompresses gzip only, up to a limited size.
    headers["Accept-Encoding"] = "gzip"
    if org is None and "x-org" not in headers:
        org = _read_variable("ISSUES_ORG")
    if org:
        headers.update(check_headers({"x-org": org}))
    return headers


def check_headers(headers: Mapping[str, str], *, is_default: bool = False) -> Mapping[str, str]:
    """Return ``headers``; raise `ConfigurationError` if the client cannot or must not send one.

    The error does not contain the values: they may be secrets.
    """
    reserved = _RESERVED_HEADERS | (_CALL_HEADERS if is_default else frozenset())
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError("The name of a header is invalid.")
        if name.lower() in reserved:
            raise ConfigurationError(f"The header {name} cannot be set here.")
        if not isinstance(value, str) or not is_header_safe(value):
            raise ConfigurationError(f"The value of the header {name} is not printable ASCII.")
    return headers


def is_header_safe(text: str) -> bool:
    """Return whether a header can carry ``text``. If not, the error of httpx would reveal it."""
    return text.isascii() and text.isprintable() and text.strip() == text != ""


def _find(argument: str, value: str | None, variable: str) -> str:
    if value is not None:
        return value
    if found := _read_variable(variable):
        return found
    raise ConfigurationError(f"Pass {argument}, or set the environment variable {variable}.")


def _read_variable(name: str) -> str:
    return os.environ.get(name, "").strip()
