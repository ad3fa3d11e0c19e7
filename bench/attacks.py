"""Measure how much one attacker slows down pages and API calls of other clients.

Each attack runs in a separate process against a portal, with connections that any visitor can open,
and nearly always from one address. All attacks together run behind `deploy/haproxy.cfg`, because
they need more connections than a portal allows one address.
"""

import asyncio
import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from websockets.exceptions import WebSocketException

from bench import processes
from bench.http_attacks import (
    download_files,
    open_idle_connections,
    pipeline_requests,
    provoke_refusals,
    request_missing_files,
    request_public_routes,
    send_endless_header,
    send_escaped_cookies,
    send_long_queries,
)
from bench.results import Row
from bench.streamlit_session import Session
from bench.target import Target
from bench.websocket_attacks import (
    open_sessions,
    request_empty_runs,
    request_git_info,
    request_many_runs,
    rerun_from_four_addresses,
    send_big_messages,
    send_combining_marks,
    send_failing_handshakes,
    send_many_widgets,
    send_slow_texts,
    send_tiny_frames,
    trickle_git_info,
)

ISSUES = 100
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
"""Duration of each attack."""

PAUSE_SECONDS = 0.1
"""Pause between two measurements of a page or a call."""

CALLER = "198.51.100.7"
"""Client address of the API calls that are measured."""

HIGHEST_RATIO = 3.0
"""Highest accepted response time under attack, relative to the time without an attack (95th
percentile of each).
"""

_NO_RESPONSE = (HTTPException, OSError, WebSocketException)
"""Errors of a portal that does not respond, or refuses."""

_REFUSED_SECONDS = 20.0
"""Response time that counts for a request without a successful response."""

Attack = Callable[[Target], None]


def measure_rows() -> Iterator[Row]:
    """Measure each attack, then all together. Each gives a row for pages and one for API calls."""
    processes.create_installation(ISSUES)
    token = processes.create_token(ISSUES)
    for name, attacks in ATTACKS.items():
        with processes.make_portal(ISSUES) as portal:
            yield from _measure(name, attacks, Target(portal.url), token)
    with processes.make_portal(ISSUES) as portal, processes.make_proxy(portal) as proxy:
        all_attacks = tuple(sum(ATTACKS.values(), ()))
        yield from _measure("all of these", all_attacks, Target(proxy.url, True), token)


def _measure(name: str, attacks: tuple[Attack, ...], target: Target, token: str) -> Iterator[Row]:
    asyncio.run(_measure_response_times(target, token, SECONDS / 4))  # Warm up.
    idle = asyncio.run(_measure_response_times(target, token, SECONDS / 2))
    with _run_attacks(target, attacks):
        attacked = asyncio.run(_measure_response_times(target, token, SECONDS))
    for operation in ("page", "call"):
        yield Row.at_most(
            f"{name}: {operation} of another client in ms (95th percentile), against idle",
            _p95(attacked[operation]) * 1000,
            _p95(idle[operation]) * 1000,
            target=HIGHEST_RATIO,
        )


ResponseTimes = dict[str, list[float]]


async def _measure_response_times(target: Target, token: str, seconds: float) -> ResponseTimes:
    """Open pages and call the API at the same time.

    Returns the response times in seconds, under the keys "page" and "call".
    """
    until = time.monotonic() + seconds

    async def open_pages() -> list[float]:
        times: list[float] = []
        while time.monotonic() < until:
            # Each page is opened from another address.
            address = f"198.51.{100 + len(times) // 250}.{len(times) % 250}"
            started = time.perf_counter()
            try:
                await asyncio.to_thread(_open_page, target, address)
                connection = await asyncio.to_thread(target.connect, address)
                async with Session(target.url, address=address, connection=connection):
                    pass
                times.append(time.perf_counter() - started)
            except _NO_RESPONSE:
                times.append(max(_REFUSED_SECONDS, time.perf_counter() - started))
            await asyncio.sleep(PAUSE_SECONDS)
        return times

    async def call_api() -> list[float]:
        times: list[float] = []
        connection: HTTPConnection | None = None
        while time.monotonic() < until:
            started = time.perf_counter()
            try:
                if not connection:
                    connection = await asyncio.to_thread(target.connect_http, CALLER)
                await asyncio.to_thread(_call, connection, token, 1 + len(times) % 5)
                times.append(time.perf_counter() - started)
            except _NO_RESPONSE:
                connection = None
                times.append(max(_REFUSED_SECONDS, time.perf_counter() - started))
            await asyncio.sleep(PAUSE_SECONDS)
        return times

    page_times, call_times = await asyncio.gather(open_pages(), call_api())
    return {"page": page_times, "call": call_times}


def _open_page(target: Target, address: str) -> None:
    with closing(target.connect_http(address)) as browser:
        browser.request("GET", "/", headers={"Accept": "text/html", "X-Forwarded-For": address})
        _read_response(browser)


def _call(connection: HTTPConnection, token: str, page: int) -> None:
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": CALLER}
    connection.request("GET", f"/api/v1/app/issue?page={page}", headers=headers)
    _read_response(connection)


def _read_response(connection: HTTPConnection) -> None:
    """Read a response. Raises ``HTTPException`` unless it is a success."""
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise HTTPException(response.status)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95 - 0.01)]


@contextmanager
def _run_attacks(target: Target, attacks: tuple[Attack, ...]) -> Iterator[None]:
    attackers = [
        multiprocessing.Process(target=_repeat, args=(attack, target), daemon=True)
        for attack in attacks
    ]
    for attacker in attackers:
        attacker.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        for attacker in attackers:
            attacker.kill()
            attacker.join()


def _repeat(attack: Attack, target: Target) -> None:
    logging.disable()  # Refused connections are expected.
    os.nice(19)  # Real attackers do not use the processor of the portal.
    while True:
        with suppress(OSError, WebSocketException, TimeoutError):
            attack(target)
        time.sleep(0.01)


ATTACKS: dict[str, tuple[Attack, ...]] = {
    "1,000 requests for git information": (request_git_info,),
    "requests for git information, 469 bytes a second": (trickle_git_info,),
    "5,000 runs of the page without widget values": (request_empty_runs,),
    "20 connections, 270 runs a second each": (request_many_runs,),
    "four addresses, 20 runs a second each": (rerun_from_four_addresses,),
    "messages of 8 MB": (send_big_messages,),
    "frames of two bytes": (send_tiny_frames,),
    "199 sessions": (open_sessions,),
    "1,000 idle connections": (open_idle_connections,),
    "120,000 widgets in each message": (send_many_widgets,),
    "cookies with 8,000 escapes": (send_escaped_cookies,),
    "13,000 pipelined requests": (pipeline_requests,),
    "32,000 combining marks on a letter": (send_combining_marks,),
    "texts that take long to normalize, in 40 tabs": (send_slow_texts,),
    "the largest file, 90 connections": (download_files,),
    "50 connections that request public routes": (request_public_routes,),
    "an endless header": (send_endless_header,),
    "failing WebSocket handshakes": (send_failing_handshakes,),
    "8,000 query parameters": (send_long_queries,),
    "300 connections with refused requests": (provoke_refusals,),
    "missing files": (request_missing_files,),
}
