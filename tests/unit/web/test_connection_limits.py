"""Only pages of the portal's own origin, or an allowed one, may open sessions."""

import pytest
import streamlit as st
from starlette.datastructures import Headers

from web import connection_limits


@pytest.mark.parametrize(
    ("origin", "is_cross_origin"),
    [
        (None, False),  # The client is not a browser.
        ("https://portal.example", False),
        ("http://PORTAL.example", False),
        ("https://allowed.example", False),
        ("https://portal.example:8443", True),
        ("https://sub.portal.example", True),
        ("https://elsewhere.example", True),
        ("evil://portal.example", True),
        ("null", True),
        ("https://[", True),
        ("", True),
    ],
)
def test_origin_must_match_host_and_port(monkeypatch, origin, is_cross_origin):
    monkeypatch.setattr(st, "get_option", lambda _: ["https://allowed.example"])
    headers = {"host": "Portal.example"} | ({} if origin is None else {"origin": origin})
    assert connection_limits._is_cross_origin(Headers(headers)) is is_cross_origin
