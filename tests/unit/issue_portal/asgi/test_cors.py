"""Cross-origin requests to the API: headers of failures, and the paths that stay closed."""

import itertools

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from issue_portal.asgi import cors, graceful_shutdown
from issue_portal.asgi.cors import ApiCorsMiddleware, PreflightMiddleware
from issue_portal.core.settings import Settings
from issue_portal.server.http import health
from issue_portal.server.http.app import create_app, mount_api
from tests.loops import run_in_loop

ORIGIN = "https://tool.example"


@pytest.fixture
def make_call(monkeypatch):
    """A function that sets the origins, and returns a function that calls a page or the API."""

    def make(origins: str):
        monkeypatch.setattr(cors, "get_settings", lambda: Settings(cors_origins=origins))
        page = Route("/page", lambda _: PlainTextResponse("The portal"))
        app = Starlette(
            routes=[mount_api(create_app(None)), page],
            middleware=[Middleware(ApiCorsMiddleware), Middleware(PreflightMiddleware)],
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)

        async def call(method: str, path: str, **headers: str) -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=headers | {"Origin": ORIGIN})

        def call_in_loop(*arguments: str, **headers: str) -> httpx.Response:
            return run_in_loop(lambda: call(*arguments, **headers))

        call_in_loop.app = app
        return call_in_loop

    return make


def test_failures_of_the_server_can_be_read(make_call, monkeypatch):
    call = make_call(ORIGIN)
    monkeypatch.setattr(graceful_shutdown, "is_stopping", lambda: True)
    unavailable = call("GET", "/api/ready")
    monkeypatch.setattr(health, "get_settings", lambda: 1 / 0)
    failed = call("GET", "/api/health")
    assert (unavailable.status_code, failed.status_code) == (503, 500)
    for response in (unavailable, failed):
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_portal_and_metrics_stay_closed(make_call):
    call = make_call("*")
    assert call("GET", "/api/health").headers["Access-Control-Allow-Origin"] == "*"
    for method, path in itertools.product(
        ("GET", "OPTIONS"), ("/page", "/api/metrics", "/api/metrics%0a")
    ):
        response = call(method, path, **{"Access-Control-Request-Method": "GET"})
        assert "Access-Control-Allow-Origin" not in response.headers, (method, path)


def test_preflight_requests_count_as_requests(make_call):
    """A flood of them needs no token, so the limits of the portal must see them."""
    call = make_call(ORIGIN)
    passed: list[str] = []

    class RecordingMiddleware:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            passed.append(scope["method"])
            await self.app(scope, receive, send)

    call.app.user_middleware.insert(1, Middleware(RecordingMiddleware))
    response = call("OPTIONS", "/api/health", **{"Access-Control-Request-Method": "GET"})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert passed == ["OPTIONS"]


def test_no_origin_is_allowed_by_default(make_call):
    response = make_call("")("GET", "/api/health")
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "origins",
    [
        "https://tool.example/",
        "https://Tool.example",
        "tool.example",
        "null",
        "https://*.example",
        "* https://tool.example",
        "https://a.example,https://b.example",
    ],
)
def test_invalid_origins_are_refused(origins):
    with pytest.raises(ValueError, match="cors_origins"):
        Settings(cors_origins=origins)
