"""Streamlit's static files, served from memory."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from tests.loops import run_in_loop
from web import static_files
from web.static_files import StaticFilesMiddleware, is_static_file_request


def fetch(path: str, method: str = "GET", **request) -> httpx.Response:
    app = StaticFilesMiddleware(PlainTextResponse("response of the app"))

    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.request(method, path, **request)

    return run_in_loop(send)


def test_file_may_be_cached_forever():
    path, file = next(iter(static_files.list_files().items()))
    response = fetch(path)
    assert response.content == file.read_bytes()
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/none.js", "/static/%2e%2e/index.html", "/static/js/"])
def test_unknown_file_gets_404(path):
    assert fetch(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_stcore/bidi-components/x/list.js", 200),
        ("/_stcore/bidi-components/x/list.css", 200),
        ("/_stcore/bidi-components/x/list.py", 404),
        ("/_stcore/bidi-components/x/", 404),
        ("/review", 200),
    ],
)
def test_only_scripts_and_styles_of_components_are_served(path, status):
    assert fetch(path).status_code == status


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, True),
        ({"method": "HEAD"}, True),
        ({"method": "POST"}, False),
        ({"path": "/statics/x.js"}, False),
        ({"type": "websocket"}, False),
        # Requests for files have no body.
        ({"headers": [(b"content-length", b"9")]}, False),
    ],
)
def test_static_file_request_is_recognised(scope, expected):
    base = {"type": "http", "method": "GET", "path": "/static/x.js", "headers": []}
    assert is_static_file_request(base | scope) is expected
