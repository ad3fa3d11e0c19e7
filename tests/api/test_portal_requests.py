"""HTTP requests to a running portal: cookies, delays and the files of the page."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.servers.installation import Server, portal_server
from web import request_limits, static_files


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
def test_cookies_that_are_slow_to_parse_are_refused(portal: Server, cookie):
    def ask(path: str) -> int:
        return httpx.get(portal.url + path, headers={"Cookie": cookie}).status_code

    # At once: each refusal takes a second.
    with ThreadPoolExecutor() as pool:
        statuses = pool.map(ask, ("/", "/_stcore/health", "/issues.csv", "/api/health"))
        assert list(statuses) == [431] * 4


def test_sessions_with_excessive_cookies_are_refused(portal: Server):
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://localhost:{portal.port}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": 'a="' + '\\"' * 1_000 + '"'},
        )
    assert refused.value.response.status_code == 431


def test_large_cookies_of_a_browser_are_accepted(portal: Server):
    cookie = "; ".join(f"_streamlit_user_{number}={'x' * 3_000}" for number in range(8))
    assert httpx.get(portal.url, headers={"Cookie": cookie}).status_code == 200


def test_requests_of_one_address_are_delayed_and_others_are_not(portal: Server):
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


@pytest.mark.parametrize("query", ["", "?embed=true"])
def test_page_is_the_same_compressed_and_not(portal: Server, query):
    pages = [
        httpx.get(portal.url + query, headers={"Accept": "text/html", "Accept-Encoding": encoding})
        for encoding in ("identity", "gzip")
    ]
    assert [page.headers.get("content-encoding") for page in pages] == [None, "gzip"]
    assert pages[0].text == pages[1].text
    assert "<title>Issue Portal</title>" in pages[0].text


def test_page_equals_the_page_of_streamlit(portal: Server):
    asked = [
        httpx.get(portal.url + path, headers={"Accept": "text/html"})
        for path in ("/", "/track", "/sign_in", "/none")
    ]
    assert {answer.status_code for answer in asked} == {200}
    assert len({answer.text for answer in asked}) == 1
    varying = ("content-length", "date")
    assert len({str([h for h in a.headers.items() if h[0] not in varying]) for a in asked}) == 1
    assert httpx.post(portal.url, headers={"Accept": "text/html"}).status_code == 405


def test_static_files_equal_those_of_streamlit(portal: Server):
    kinds = {".js": "javascript", ".css": "text/css", ".woff2": "font/woff2"}
    for suffix, kind in kinds.items():
        path, file = next(
            item for item in static_files.list_files().items() if item[1].suffix == suffix
        )
        # Many parts were much work.
        answer = httpx.get(portal.url + path, headers={"Range": "bytes=0-1,4-5"})
        assert (answer.status_code, answer.content) == (200, file.read_bytes())
        assert answer.headers["cache-control"] == "public, immutable, max-age=31536000"
        assert kind in answer.headers["content-type"]
        assert httpx.head(portal.url + path).content == b""
    assert httpx.get(f"{portal.url}/static/js/none.js").status_code == 404
