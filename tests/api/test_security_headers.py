"""Who may show the portal in a frame."""

from api.server import security_headers
from api.settings import Settings


def headers(monkeypatch, embed_in: str) -> dict[str, str]:
    monkeypatch.setattr(security_headers, "get_settings", lambda: Settings(embed_in=embed_in))
    return security_headers.security_headers.__wrapped__()


def test_only_its_own_host_may_frame_it(monkeypatch):
    given = headers(monkeypatch, "")
    assert given["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert given["X-Frame-Options"] == "SAMEORIGIN"


def test_sites_that_an_operator_names_may_frame_it(monkeypatch):
    given = headers(monkeypatch, "https://a.example https://b.example:8443")
    allowed = "frame-ancestors 'self' https://a.example https://b.example:8443"
    assert given["Content-Security-Policy"].endswith(allowed)
    assert "X-Frame-Options" not in given
