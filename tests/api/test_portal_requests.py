"""HTTP requests to a portal: cookies, delays, the page and its files."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.servers.installation import Server, make_portal_server
from web import request_limits, static_files


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    server = make_portal_server(tmp_path_factory.mktemp("requests") / "data").start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    "cookie",
    ['a="' + '\\\\"' * 5_000 + '"', "; ".join(["a=b"] * 5_000), "a=" + "x" * 40_000],
    ids=["escapes", "many", "long"],
)
def test_requests_with_excessive_cookies_are_refused(portal: Server, cookie):
    def request(path: str) -> int:
        return httpx.get(portal.url + path, headers={"Cookie": cookie}).status_code

    # In parallel, because each refusal takes a second.
    with ThreadPoolExecutor() as pool:
        statuses = pool.map(request, ("/", "/_stcore/health", "/issues.csv", "/api/health"))
        assert list(statuses) == [431] * 4


def test_sessions_with_excessive_cookies_are_refused(portal: Server):
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://localhost:{portal.port}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": 'a="' + '\\"' * 1_000 + '"'},
        )
    assert refused.value.response.status_code == 431


def test_large_cookies_of_a_sign_in_are_accepted(portal: Server):
    cookie = "; ".join(f"_streamlit_user_{number}={'x' * 3_000}" for number in range(8))
    assert httpx.get(portal.url, headers={"Cookie": cookie}).status_code == 200


def test_requests_over_the_rate_limit_of_an_address_are_delayed(portal: Server):
    rate, burst = request_limits.REQUESTS
    count = burst + int(rate)
    start = time.monotonic()
    with httpx.Client(headers={"X-Forwarded-For": "203.0.113.9"}) as client:
        statuses = [client.get(f"{portal.url}/api/health").status_code for _ in range(count)]
    assert statuses == [200] * count
    assert time.monotonic() - start >= 0.9 * (count - burst) / rate
    # Another address is not delayed, nor are clients whose address is unknown.
    for headers in ({"X-Forwarded-For": "203.0.113.10"}, {}):
        assert httpx.get(f"{portal.url}/api/health", headers=headers).status_code == 200


@pytest.mark.parametrize("query", ["", "?embed=true"])
def test_compressed_page_equals_the_uncompressed_page(portal: Server, query):
    pages = [
        httpx.get(portal.url + query, headers={"Accept": "text/html", "Accept-Encoding": encoding})
        for encoding in ("identity", "gzip")
    ]
    assert [page.headers.get("content-encoding") for page in pages] == [None, "gzip"]
    assert pages[0].text == pages[1].text
    assert "<title>Issue Portal</title>" in pages[0].text


def test_all_page_addresses_get_the_same_html(portal: Server):
    responses = [
        httpx.get(portal.url + path, headers={"Accept": "text/html"})
        for path in ("/", "/track", "/sign_in", "/none")
    ]
    # An unknown address gets the page, too: the script then says so.
    assert [response.status_code for response in responses] == [200, 200, 200, 404]
    assert len({response.text for response in responses}) == 1
    varying = ("content-length", "date")
    same_headers = {
        str([header for header in response.headers.items() if header[0] not in varying])
        for response in responses
    }
    assert len(same_headers) == 1
    assert httpx.post(portal.url, headers={"Accept": "text/html"}).status_code == 405


def test_static_files_are_served_whole_with_type_and_cache_header(portal: Server):
    media_types = {".js": "javascript", ".css": "text/css", ".woff2": "font/woff2"}
    for suffix, media_type in media_types.items():
        path, file = next(
            item for item in static_files.list_files().items() if item[1].suffix == suffix
        )
        # Ranges are ignored, because responses with many parts are slow.
        response = httpx.get(portal.url + path, headers={"Range": "bytes=0-1,4-5"})
        assert (response.status_code, response.content) == (200, file.read_bytes())
        assert response.headers["cache-control"] == "public, immutable, max-age=31536000"
        assert media_type in response.headers["content-type"]
        assert httpx.head(portal.url + path).content == b""
    assert httpx.get(f"{portal.url}/static/js/none.js").status_code == 404
