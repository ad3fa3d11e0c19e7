"""Rate limits of HTTP requests per address."""

import asyncio

import pytest
from starlette.datastructures import Headers

from issue_portal.asgi.response_chunks import ResponseChunksMiddleware
from tests.loops import run_in_virtual_time
from web import request_limits, static_files
from web.request_limits import MAX_AT_ONCE, RequestLimitsMiddleware


class LimitedApp:
    """An app behind the request limits, which responds once ``may_respond`` is set."""

    def __init__(self, body: bytes = b"", *, waits: bool = False) -> None:
        self.body = body
        self.may_respond = asyncio.Event()
        if not waits:
            self.may_respond.set()
        self.limits = RequestLimitsMiddleware(ResponseChunksMiddleware(self.app))
        self.statuses: list[int] = []
        self.closed = 0
        """Responses that close the connection."""

    async def app(self, _scope, _receive, send):
        await self.may_respond.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.body})

    async def send_request(self, address: str = "198.51.100.1", **scope) -> int:
        """Send one request; return the status of the response."""
        status = 0

        async def send(message):
            nonlocal status
            status = message.get("status", status)
            headers = Headers(raw=message.get("headers", []))
            self.closed += headers.get("connection") == "close"
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.statuses.append(status)

        base = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        await self.limits(base | {"client": (address, 1)} | scope, None, send)
        return status

    async def count_responses(self, count: int, seconds: float, **scope) -> int:
        """Send ``count`` requests; return how many get a response within ``seconds``."""
        tasks = [asyncio.create_task(self.send_request(**scope)) for _ in range(count)]
        done, waiting = await asyncio.wait(tasks, timeout=seconds)
        for task in waiting:
            task.cancel()
        return len(done)


@pytest.mark.parametrize(
    "request_fields",
    [
        {"query_string": b"&".join([b"%e0=%e0"] * 8_000)},
        {"headers": [(b"content-length", b"185000")]},
        {"headers": [(b"transfer-encoding", b"chunked")]},
        {"path": "/auth/login"},
        {"path": "/portal/oauth2callback"},
    ],
    ids=["query", "body", "body of unknown length", "sign-in", "return from the provider"],
)
def test_expensive_request_counts_as_several(monkeypatch, request_fields):
    """Regression: ten such requests per second delayed other addresses by seconds."""
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def run_scenario():
        portal = LimitedApp()
        assert await portal.count_responses(90, 0.3, **request_fields) <= 10
        assert await portal.count_responses(10, 0.3, address="198.51.100.2") == 10

    run_in_virtual_time(run_scenario)


def test_cost_of_a_request_depends_on_its_path(monkeypatch):
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def run_scenario():
        for path, expected in {"/": 90, "/my_issues": 90, "/api/health": 90, "/none": 30}.items():
            assert await LimitedApp().count_responses(90, 0.3, path=path) == expected
        # The handshake of a browser session counts as five requests.
        assert await LimitedApp().count_responses(90, 0.3, type="websocket") == 18

    run_in_virtual_time(run_scenario)


def test_long_response_counts_as_several_requests(monkeypatch):
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def run_scenario():
        assert await LimitedApp(b"x" * 330_000).count_responses(30, 0.3) <= 5
        assert await LimitedApp(b"x" * 330).count_responses(30, 0.3) == 30
        # A static file costs a tenth of another response of the same length.
        script = next(file for file in static_files.list_files() if file.endswith(".js"))
        file_request = {"path": script}
        assert await LimitedApp(b"x" * 330_000).count_responses(30, 0.3, **file_request) == 30
        assert await LimitedApp(b"x" * 3_300_000).count_responses(30, 0.3, **file_request) <= 5
        # Neither a POST request nor a request with a body counts as a request for a static file.
        for other_fields in (
            {"method": "POST"},
            {"headers": [(b"content-length", b"1")]},
        ):
            assert (
                await LimitedApp(b"x" * 330_000).count_responses(
                    30, 0.3, **file_request | other_fields
                )
                <= 5
            )

    run_in_virtual_time(run_scenario)


def test_refusal_is_delayed():
    """Regression: immediate refusals let one address send 5,000 requests per second."""

    async def run_scenario():
        portal = LimitedApp(waits=True)
        waiting = [asyncio.create_task(portal.send_request()) for _ in range(MAX_AT_ONCE)]
        await asyncio.sleep(0)
        clock = asyncio.get_running_loop().time
        started = clock()
        await portal.send_request()
        assert portal.statuses == [429]
        assert clock() - started == request_limits.REFUSAL_SECONDS
        portal.may_respond.set()
        await asyncio.gather(*waiting)
        assert portal.statuses[1:] == [200] * MAX_AT_ONCE

    run_in_virtual_time(run_scenario)


def test_delayed_refusals_are_limited_per_address():
    """Regression: 1,450 delayed refusals per second left no connection for other addresses."""

    async def run_scenario():
        portal = LimitedApp(waits=True)
        waiting = [asyncio.create_task(portal.send_request()) for _ in range(MAX_AT_ONCE)]
        refusals = [asyncio.create_task(portal.send_request()) for _ in range(1_450)]
        # After half of the delay, only the refusals without a delay have been sent.
        await asyncio.sleep(request_limits.REFUSAL_SECONDS / 2)
        open_requests = MAX_AT_ONCE + request_limits.MAX_REFUSALS_PER_ADDRESS
        assert portal.statuses == [429] * (1_550 - open_requests)
        assert portal.closed == 1_550 - open_requests
        # Another address gets its response. The delayed refusals do not close their connections.
        portal.may_respond.set()
        assert await portal.count_responses(1, 0.3, address="198.51.100.2") == 1
        await asyncio.gather(*waiting, *refusals)
        assert portal.closed == 1_550 - open_requests

    run_in_virtual_time(run_scenario)


def test_flood_from_many_addresses_leaves_room_for_a_browser():
    async def run_scenario():
        portal = LimitedApp(waits=True)
        flood = [
            asyncio.create_task(portal.send_request(f"198.51.100.{number}"))
            for number in range(8)
            for _ in range(MAX_AT_ONCE)
        ]
        max_unanswered = request_limits.BUSY_ABOVE + 4 * request_limits.MAX_AT_ONCE_WHEN_BUSY
        # After this time, all refusals have been sent.
        await asyncio.sleep(2 * request_limits.REFUSAL_SECONDS)
        assert len(flood) - len(portal.statuses) <= max_unanswered
        # A new address may send as many requests as a browser does.
        browser = [asyncio.create_task(portal.send_request("203.0.113.1")) for _ in range(6)]
        portal.may_respond.set()
        assert await asyncio.gather(*browser) == [200] * 6
        assert (await asyncio.gather(*flood)).count(200) <= max_unanswered

    run_in_virtual_time(run_scenario)


def test_page_waits_for_at_most_six_requests_of_another_address(monkeypatch):
    """Regression: a page waited for 90 files that another address had requested."""

    async def run_scenario():
        order = []

        async def app(scope, _receive, _send):
            for _ in range(20):
                await asyncio.sleep(0)
            order.append(scope["client"][0])

        portal = LimitedApp()
        portal.limits = RequestLimitsMiddleware(app)
        flood = [asyncio.create_task(portal.send_request()) for _ in range(90)]
        await asyncio.sleep(0)
        await portal.send_request("203.0.113.1")
        await asyncio.gather(*flood)
        assert order.index("203.0.113.1") <= request_limits.MAX_RUNNING

    run_in_virtual_time(run_scenario)


def test_slow_requests_do_not_block_further_requests_of_their_address():
    async def run_scenario():
        portal = LimitedApp(waits=True)
        slow = [
            asyncio.create_task(portal.send_request()) for _ in range(request_limits.MAX_RUNNING)
        ]
        await asyncio.sleep(0)

        async def app(_scope, _receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

        portal.limits.app = app
        assert await portal.count_responses(20, 10 * request_limits.RUN_SECONDS) == 20
        portal.may_respond.set()
        await asyncio.gather(*slow)
        assert await portal.count_responses(20, 1) == 20

    run_in_virtual_time(run_scenario)


def test_request_runs_until_its_response_is_read():
    """uvicorn would keep a response without chunks in memory and treat the request as done."""

    async def run_scenario():
        messages, may_read = [], asyncio.Event()

        async def send(message):
            messages.append(message)
            if message["type"] == "http.response.body":
                await may_read.wait()

        scope = {"type": "http"}
        request = asyncio.create_task(
            ResponseChunksMiddleware(LimitedApp(b"x" * 200_000).app)(scope, None, send)
        )
        while len(messages) < 2:
            await asyncio.sleep(0)
        assert not request.done()
        may_read.set()
        await request
        parts = [message["body"] for message in messages[1:]]
        assert b"".join(parts) == b"x" * 200_000
        assert max(map(len, parts)) <= 65_536
        assert [m["more_body"] for m in messages[1:]] == [True] * (len(parts) - 1) + [False]

    run_in_virtual_time(run_scenario)
