"""Limit of simultaneous exports per user."""

import asyncio
from types import SimpleNamespace

from starlette.applications import Starlette
from starlette.responses import StreamingResponse

from auth import current_user
from tests.loops import run_in_virtual_time
from web import export_route

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/issues.csv",
    "query_string": b"",
    "headers": [],
    "http_version": "1.1",
}


def test_user_has_at_most_two_exports_at_once(monkeypatch):
    """Regression: one member read 285 exports slowly, and they took 3.6 GB of memory."""

    def find_sign_in(request):
        return SimpleNamespace(username=request.query_params["user"])

    monkeypatch.setattr(current_user, "find_request_sign_in", find_sign_in)
    monkeypatch.setattr(
        export_route, "_start_export", lambda *_: StreamingResponse(iter(["a table"]))
    )

    async def run_scenario():
        app = Starlette(routes=[export_route.route])
        may_read = asyncio.Event()
        statuses: list[int] = []

        async def export(user: str) -> None:
            async def send(message):
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])
                if message.get("body") == b"a table":
                    await may_read.wait()

            async def receive():
                await asyncio.Event().wait()

            await app({**SCOPE, "query_string": f"user={user}".encode()}, receive, send)

        slow = [asyncio.create_task(export("greedy")) for _ in range(2)]
        while len(statuses) < 2:
            await asyncio.sleep(0.01)
        other = asyncio.create_task(export("other"))
        await export("greedy")
        while len(statuses) < 4:
            await asyncio.sleep(0.01)
        assert sorted(statuses) == [200, 200, 200, 429]
        may_read.set()
        await asyncio.gather(*slow, other)
        await export("greedy")
        assert statuses[-1] == 200

    run_in_virtual_time(run_scenario)
