"""Security headers: frames and caching."""

from collections.abc import Iterator

import pytest

from issue_portal.asgi import security_headers
from issue_portal.asgi.security_headers import SecurityHeadersMiddleware, build_security_headers
from issue_portal.core.settings import Settings
from tests.loops import run_in_loop


@pytest.fixture(autouse=True)
def clear_cached_headers() -> Iterator[None]:
    """Make each test build the headers from its own settings."""
    build_security_headers.cache_clear()
    yield
    build_security_headers.cache_clear()


def build_headers(monkeypatch, embed_in: str) -> dict[str, str]:
    monkeypatch.setattr(security_headers, "get_settings", lambda: Settings(embed_in=embed_in))
    return build_security_headers()


def test_only_the_same_origin_may_frame_the_portal_by_default(monkeypatch):
    built = build_headers(monkeypatch, "")
    assert built["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert built["X-Frame-Options"] == "SAMEORIGIN"


def test_configured_sites_may_frame_the_portal(monkeypatch):
    built = build_headers(monkeypatch, "https://a.example https://b.example:8443")
    allowed = "frame-ancestors 'self' https://a.example https://b.example:8443"
    assert built["Content-Security-Policy"].endswith(allowed)
    assert "X-Frame-Options" not in built


def test_policy_loads_nothing_from_other_hosts(monkeypatch):
    policy = build_headers(monkeypatch, "https://a.example")["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert "a.example" in directives.pop("frame-ancestors")
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    sources = {source for value in directives.values() for source in value.split()}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    unsafe = {name for name, value in directives.items() if "unsafe-inline" in value}
    assert unsafe == {"style-src"}


def test_downloads_are_not_cached(monkeypatch):
    """Regression: the next user of a browser could read a receipt in its cache."""
    sent = []

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(dict(message["headers"]).get(b"cache-control"))

    async def request_all_paths():
        for path in ("/media/0123.txt", "/portal/media/0123.txt", "/static/js/index.js"):
            await SecurityHeadersMiddleware(app)({"type": "http", "path": path}, None, send)

    run_in_loop(request_all_paths)
    assert sent == [b"no-store", b"no-store", None]
