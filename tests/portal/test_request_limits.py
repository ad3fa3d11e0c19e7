"""How much one address may ask over HTTP, and which cookies are read at all."""

import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from components import request_limits
from tests.conftest import Server, portal_server


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
