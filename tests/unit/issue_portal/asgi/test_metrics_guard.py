"""Only localhost, or clients with the token, may read the metrics."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from issue_portal.asgi import metrics_guard
from issue_portal.asgi.metrics_guard import MetricsGuardMiddleware
from issue_portal.core.settings import Settings
from tests.loops import run_in_loop

TOKEN = "a-token-for-prometheus"


@pytest.fixture
def fetch(monkeypatch):
    """Return a function that requests a path from an address and returns the status.

    ``token`` is the configured metrics token, "" for none.
    """

    def fetch(path: str, address: str = "127.0.0.1", token: str = "", **headers: str) -> int:
        settings = Settings(metrics_token=token, _env_file=None)
        monkeypatch.setattr(metrics_guard, "get_settings", lambda: settings)
        app = MetricsGuardMiddleware(PlainTextResponse("1"))

        async def run_scenario():
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
                response = await client.get(path, headers=headers)
                return response.status_code

        return run_in_loop(run_scenario)

    return fetch


@pytest.mark.parametrize("path", ["/api/metrics", "/_stcore/metrics", "/base/api/metrics%0A"])
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ],
)
def test_without_a_token_only_direct_requests_from_localhost_are_allowed(
    fetch, path, address, headers, status
):
    assert fetch(path, address, **headers) == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (TOKEN, 401), (f"Bearer {TOKEN}x", 401), ("", 401)],
)
def test_configured_token_is_required_from_every_address(fetch, authorization, status):
    for address in ("127.0.0.1", "192.0.2.1"):
        headers = {"Authorization": authorization} if authorization else {}
        assert fetch("/api/metrics", address, TOKEN, **headers) == status


def test_other_paths_need_no_token(fetch):
    assert fetch("/api/health", "192.0.2.1", TOKEN) == 200
