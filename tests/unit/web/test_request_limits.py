"""Rate limits of HTTP requests per address."""

import asyncio

import pytest
from starlette.datastructures import Headers

from issue_portal.asgi.response_chunks import ResponseChunksMiddleware
from tests.loops import run_in_virtual_time
from web import request_limits, static_files
from web.request_limits import MOST_AT_ONCE, RequestLimitsMiddleware


class World:
    """Requests of one address to an application behind the limits."""

    def __init__(self, answer: bytes = b"", *, waits: bool = False) -> None:
        self.answer = answer
        self.may_go = asyncio.Event()
        if not waits:
            self.may_go.set()
        self.limits = RequestLimitsMiddleware(ResponseChunksMiddleware(self.app))
        self.statuses: list[int] = []
        self.closed = 0
        """Answers after which the connection is closed."""

    async def app(self, _scope, _receive, send):
        await self.may_go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.answer})

    async def ask(self, address: str = "198.51.100.1", **scope) -> int:
        """Ask once; return the status of the answer."""
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

    async def answered(self, count: int, seconds: float, **scope) -> int:
        """Send ``count`` requests; return how many are answered in that time."""
        asked = [asyncio.create_task(self.ask(**scope)) for _ in range(count)]
        done, waiting = await asyncio.wait(asked, timeout=seconds)
        for task in waiting:
            task.cancel()
        return len(done)


@pytest.mark.parametrize(
    "long",
    [
        {"query_string": b"&".join([b"%e0=%e0"] * 8_000)},
        {"headers": [(b"content-length", b"185000")]},
        {"headers": [(b"transfer-encoding", b"chunked")]},
        {"path": "/auth/login"},
        {"path": "/portal/oauth2callback"},
    ],
    ids=["query", "body", "body of unknown length", "sign-in", "back from the provider"],
)
def test_long_requests_count_as_several(monkeypatch, long):
    """Ten of these a second delayed others by seconds."""
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def story():
        world = World()
        assert await world.answered(90, 0.3, **long) <= 10
        assert await world.answered(10, 0.3, address="198.51.100.2") == 10

    run_in_virtual_time(story)


def test_expensive_requests_count_as_several(monkeypatch):
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def story():
        for path, most in {"/": 90, "/my_issues": 90, "/api/health": 90, "/none": 30}.items():
            assert await World().answered(90, 0.3, path=path) == most
        # The handshake of a session; its text would be an answer.
        assert await World().answered(90, 0.3, type="websocket") == 18

    run_in_virtual_time(story)


def test_long_answers_count_as_several(monkeypatch):
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def story():
        assert await World(b"x" * 330_000).answered(30, 0.3) <= 5
        assert await World(b"x" * 330).answered(30, 0.3) == 30
        # Files of the page count little.
        some_file = next(file for file in static_files.list_files() if file.endswith(".js"))
        files = {"path": some_file}
        assert await World(b"x" * 330_000).answered(30, 0.3, **files) == 30
        assert await World(b"x" * 3_300_000).answered(30, 0.3, **files) <= 5
        for others in (
            {"method": "POST"},
            {"headers": [(b"content-length", b"1")]},
        ):
            assert await World(b"x" * 330_000).answered(30, 0.3, **files | others) <= 5

    run_in_virtual_time(story)


def test_refusal_is_delayed():
    """Regression: undelayed refusals allowed 5,000 requests a second."""

    async def story():
        world = World(waits=True)
        waiting = [asyncio.create_task(world.ask()) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0)
        clock = asyncio.get_running_loop().time
        begun = clock()
        await world.ask()
        assert world.statuses == [429]
        assert clock() - begun == request_limits.REFUSAL_SECONDS
        world.may_go.set()
        await asyncio.gather(*waiting)
        assert world.statuses[1:] == [200] * MOST_AT_ONCE

    run_in_virtual_time(story)


def test_delayed_refusals_are_limited_per_address():
    """Each delayed refusal keeps a connection open: 1,450 a second left none for others."""

    async def story():
        world = World(waits=True)
        waiting = [asyncio.create_task(world.ask()) for _ in range(MOST_AT_ONCE)]
        refused = [asyncio.create_task(world.ask()) for _ in range(1_450)]
        # In this time all are refused but those whose refusal waits.
        await asyncio.sleep(request_limits.REFUSAL_SECONDS / 2)
        left = MOST_AT_ONCE + request_limits.MOST_REFUSALS_PER_ADDRESS
        assert world.statuses == [429] * (1_550 - left)
        assert world.closed == 1_550 - left
        # Somebody else is answered, and one whose refusal waits is refused later.
        world.may_go.set()
        assert await world.answered(1, 0.3, address="198.51.100.2") == 1
        await asyncio.gather(*waiting, *refused)
        assert world.closed == 1_550 - left

    run_in_virtual_time(story)


def test_many_addresses_leave_room_for_others():
    async def story():
        world = World(waits=True)
        flood = [
            asyncio.create_task(world.ask(f"198.51.100.{number}"))
            for number in range(8)
            for _ in range(MOST_AT_ONCE)
        ]
        most = request_limits.MOST_IN_TOTAL + 4 * request_limits.MOST_AT_ONCE_WHEN_FULL
        # By then each refusal has been sent.
        await asyncio.sleep(2 * request_limits.REFUSAL_SECONDS)
        assert len(flood) - len(world.statuses) <= most
        # Somebody who comes now may ask for as much as a browser does.
        browser = [asyncio.create_task(world.ask("203.0.113.1")) for _ in range(6)]
        world.may_go.set()
        assert await asyncio.gather(*browser) == [200] * 6
        assert (await asyncio.gather(*flood)).count(200) <= most

    run_in_virtual_time(story)


def test_requests_of_one_address_leave_turns_for_others(monkeypatch):
    """Regression: a page waited for ninety files that another address had requested."""

    async def story():
        order = []

        async def app(scope, _receive, _send):
            for _ in range(20):
                await asyncio.sleep(0)
            order.append(scope["client"][0])

        world = World()
        world.limits = RequestLimitsMiddleware(app)
        flood = [asyncio.create_task(world.ask()) for _ in range(90)]
        await asyncio.sleep(0)
        await world.ask("203.0.113.1")
        await asyncio.gather(*flood)
        assert order.index("203.0.113.1") <= request_limits.MOST_RUNNING

    run_in_virtual_time(story)


def test_waiting_requests_do_not_block_their_address():
    async def story():
        world = World(waits=True)
        slow = [asyncio.create_task(world.ask()) for _ in range(request_limits.MOST_RUNNING)]
        await asyncio.sleep(0)

        async def app(_scope, _receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

        world.limits.app = app
        assert await world.answered(20, 10 * request_limits.RUN_SECONDS) == 20
        world.may_go.set()
        await asyncio.gather(*slow)
        assert await world.answered(20, 1) == 20

    run_in_virtual_time(story)


def test_unread_response_counts_as_at_work():
    """uvicorn keeps an unchunked response in memory and counts the request as done."""

    async def story():
        taken, may_take = [], asyncio.Event()

        async def send(message):
            taken.append(message)
            if message["type"] == "http.response.body":
                await may_take.wait()

        scope = {"type": "http"}
        work = asyncio.create_task(
            ResponseChunksMiddleware(World(b"x" * 200_000).app)(scope, None, send)
        )
        while len(taken) < 2:
            await asyncio.sleep(0)
        assert not work.done()
        may_take.set()
        await work
        parts = [message["body"] for message in taken[1:]]
        assert b"".join(parts) == b"x" * 200_000
        assert max(map(len, parts)) <= 65_536
        assert [m["more_body"] for m in taken[1:]] == [True] * (len(parts) - 1) + [False]

    run_in_virtual_time(story)
