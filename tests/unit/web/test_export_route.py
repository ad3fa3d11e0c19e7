"""Exports at once are limited per person, however slowly they are read."""

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


def test_each_person_has_two_exports_at_once(monkeypatch):
    """285 slowly read exports of one member took 3.6 GB."""

    def signed_in_by(request):
        return SimpleNamespace(username=request.query_params["as"])

    monkeypatch.setattr(current_user, "find_request_sign_in", signed_in_by)
    monkeypatch.setattr(
        export_route, "_start_export", lambda *_: StreamingResponse(iter(["a table"]))
    )

    async def story():
        app = Starlette(routes=[export_route.route])
        reads = asyncio.Event()
        statuses: list[int] = []

        async def asks(username: str) -> None:
            async def send(message):
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])
                if message.get("body") == b"a table":
                    await reads.wait()

            async def receive():
                await asyncio.Event().wait()

            await app({**SCOPE, "query_string": f"as={username}".encode()}, receive, send)

        slow = [asyncio.create_task(asks("greedy")) for _ in range(2)]
        while len(statuses) < 2:
            await asyncio.sleep(0.01)
        reads_at_once = asyncio.create_task(asks("other"))
        await asks("greedy")
        while len(statuses) < 4:
            await asyncio.sleep(0.01)
        assert sorted(statuses) == [200, 200, 200, 429]
        reads.set()
        await asyncio.gather(*slow, reads_at_once)
        await asks("greedy")
        assert statuses[-1] == 200

    run_in_virtual_time(story)
