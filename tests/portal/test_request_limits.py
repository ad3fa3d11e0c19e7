"""How much one address may ask over HTTP, and which cookies are read at all."""

import asyncio
import time

import httpx
import pytest
from starlette.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.server.answer_parts import AnswerPartsMiddleware
from components import request_limits
from components.request_limits import MOST_AT_ONCE, RequestLimitsMiddleware
from tests.conftest import Server, portal_server
from tests.loops import in_a_loop


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    server = portal_server(tmp_path_factory.mktemp("requests") / "data").start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    "cookie",
    ['a="' + '\\\\"' * 5_000 + '"', "; ".join(["a=b"] * 5_000), "a=" + "x" * 40_000],
    ids=["escapes", "many", "long"],
)
def test_cookies_that_take_long_to_read_are_refused(portal: Server, cookie):
    for path in ("/", "/_stcore/health", "/issues.csv", "/api/health"):
        assert httpx.get(portal.url + path, headers={"Cookie": cookie}).status_code == 431


def test_sessions_with_such_cookies_are_refused_too(portal: Server):
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://localhost:{portal.port}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": 'a="' + '\\"' * 1_000 + '"'},
        )
    assert refused.value.response.status_code == 431


def test_cookies_of_a_browser_are_read(portal: Server):
    cookie = "; ".join(f"_streamlit_user_{number}={'x' * 3_000}" for number in range(8))
    assert httpx.get(portal.url, headers={"Cookie": cookie}).status_code == 200


def test_requests_of_an_address_are_delayed_and_others_are_not(portal: Server):
    rate, burst = request_limits.REQUESTS
    count = burst + int(rate)
    begun = time.monotonic()
    with httpx.Client(headers={"X-Forwarded-For": "203.0.113.9"}) as flood:
        answers = [flood.get(f"{portal.url}/api/health").status_code for _ in range(count)]
    assert answers == [200] * count
    assert time.monotonic() - begun >= 0.9 * (count - burst) / rate
    # What is counted for one is not for another, nor for those whose address is not known.
    begun = time.monotonic()
    for headers in ({"X-Forwarded-For": "203.0.113.10"}, {}):
        assert httpx.get(f"{portal.url}/api/health", headers=headers).status_code == 200


class World:
    """Requests of one address to an application behind the limits."""

    def __init__(self, answer: bytes = b"", *, waits: bool = False) -> None:
        self.answer = answer
        self.may_go = asyncio.Event()
        if not waits:
            self.may_go.set()
        self.limits = RequestLimitsMiddleware(AnswerPartsMiddleware(self.app))
        self.statuses: list[int] = []

    async def app(self, _scope, _receive, send):
        await self.may_go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.answer})

    async def ask(self, address: str = "198.51.100.1", **scope) -> None:
        status = 0

        async def send(message):
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.statuses.append(status)

        base = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        await self.limits(base | {"client": (address, 1)} | scope, None, send)

    async def answered(self, count: int, seconds: float, **scope) -> int:
        """How many of so many requests are answered in that time."""
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
    """Ten a second of these kept others waiting for seconds."""
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def story():
        world = World()
        assert await world.answered(90, 0.3, **long) <= 10
        assert await world.answered(10, 0.3, address="198.51.100.2") == 10

    in_a_loop(story)


def test_long_answers_count_as_several(monkeypatch):
    monkeypatch.setattr(request_limits, "REQUESTS", (0.001, 90))

    async def story():
        assert await World(b"x" * 330_000).answered(30, 0.3) <= 5
        assert await World(b"x" * 330).answered(30, 0.3) == 30
        # Files of the page count a tenth, but a page in the place of a file does not.
        some_file = next(file for file in request_limits._files() if file.endswith(".js"))
        files = {"path": some_file}
        assert await World(b"x" * 330_000).answered(30, 0.3, **files) == 30
        assert await World(b"x" * 3_300_000).answered(30, 0.3, **files) <= 5
        for pages in (
            {"headers": [(b"accept", b"text/html")]},
            {"method": "POST"},
            {"headers": [(b"content-length", b"1")]},
            {"path": "/static/js/none.js"},
        ):
            assert await World(b"x" * 330_000).answered(30, 0.3, **files | pages) <= 5

    in_a_loop(story)


def test_parts_of_a_file_are_not_to_be_had(monkeypatch):
    """A hundred parts were some hundred turns of threads."""

    async def story():
        asked = []

        async def app(scope, _receive, _send):
            asked.append(Headers(scope=scope).get("range"))

        limits = RequestLimitsMiddleware(app)
        scope = {"type": "http", "method": "GET", "query_string": b""}
        scope["headers"] = [(b"range", b"bytes=0-1,4-5")]
        for path in (next(iter(request_limits._files())), "/"):
            await limits(scope | {"path": path}, None, None)
        assert asked == [None, "bytes=0-1,4-5"]

    in_a_loop(story)


def test_refusal_takes_its_time(monkeypatch):
    """Refusals cost nothing, so 5,000 a second of them were sent."""

    async def story():
        world = World(waits=True)
        waiting = [asyncio.create_task(world.ask()) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        await world.ask()
        assert world.statuses == [429]
        assert time.monotonic() - begun >= request_limits.REFUSAL_SECONDS
        world.may_go.set()
        await asyncio.gather(*waiting)
        assert world.statuses[1:] == [200] * MOST_AT_ONCE

    in_a_loop(story)


def test_answer_that_is_not_read_is_still_at_work():
    """Of a whole answer, uvicorn keeps all in memory and takes the request for done."""

    async def story():
        taken, may_take = [], asyncio.Event()

        async def send(message):
            taken.append(message)
            if message["type"] == "http.response.body":
                await may_take.wait()

        scope = {"type": "http"}
        work = asyncio.create_task(
            AnswerPartsMiddleware(World(b"x" * 200_000).app)(scope, None, send)
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

    in_a_loop(story)


@pytest.mark.parametrize("query", ["", "?embed=true"])
def test_page_is_the_same_compressed_and_not(portal: Server, query):
    pages = [
        httpx.get(portal.url + query, headers={"Accept": "text/html", "Accept-Encoding": encoding})
        for encoding in ("identity", "gzip")
    ]
    assert [page.headers.get("content-encoding") for page in pages] == [None, "gzip"]
    assert pages[0].text == pages[1].text
    assert "<title>Issue Portal</title>" in pages[0].text
