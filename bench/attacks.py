"""How much slower pages and API calls get for others while one visitor attacks.

Each attack runs against a portal, in processes of its own and nearly always from one address. Every
attack needs only connections that any visitor can open. All attacks together run behind
`deploy/haproxy.cfg`: no portal gives one address as many connections as they need.
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
    endless_header,
    escaped_cookies,
    files,
    idle_connections,
    long_queries,
    pages_for_files,
    pipelined,
    refusals,
    requests,
)
from bench.results import Row
from bench.streamlit_session import Session
from bench.target import Target
from bench.websocket_attacks import (
    big_messages,
    empty_runs,
    four_addresses,
    git_info,
    hung_handshakes,
    joiners,
    many_parts,
    many_runs,
    marks,
    sessions,
    tiny_frames,
    trickle,
)

FEW = 100
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
"""Duration of each attack."""

PAUSE = 0.1
"""Seconds between two measurements of a page or a call."""

OTHER = "198.51.100.7"
TARGET = 3.0
"""Highest accepted ratio to idle times, at the 95th percentile."""


_NO_ANSWER = (HTTPException, OSError, WebSocketException)
"""Errors of a blocked portal. The time until the error counts as a response time."""

Attack = Callable[[Target], None]


def rows() -> Iterator[Row]:
    """Measure each attack, and all at once: two rows each, pages and API calls of others."""
    processes.filled(FEW)
    token = processes.token(FEW)
    for name, attacks in ATTACKS.items():
        with processes.portal(FEW) as portal:
            yield from _measured(name, attacks, Target(portal.url), token)
    with processes.portal(FEW) as portal, processes.proxy(portal) as proxy:
        everything = tuple(sum(ATTACKS.values(), ()))
        yield from _measured("all of these", everything, Target(proxy.url, True), token)


def _measured(name: str, attacks: tuple[Attack, ...], target: Target, token: str) -> Iterator[Row]:
    asyncio.run(_felt(target, token, SECONDS / 4))  # Warm up.
    idle = asyncio.run(_felt(target, token, SECONDS / 2))
    with _running(target, attacks):
        attacked = asyncio.run(_felt(target, token, SECONDS))
    for what in ("page", "call"):
        yield Row.at_most(
            f"{name}: another's {what} in ms (95th percentile), against idle",
            _p95(attacked[what]) * 1000,
            _p95(idle[what]) * 1000,
            target=TARGET,
        )


async def _felt(target: Target, token: str, seconds: float) -> dict[str, list[float]]:
    """Open pages and call the API, one after the other; return the seconds each took."""
    until = time.monotonic() + seconds

    async def pages() -> list[float]:
        found: list[float] = []
        while time.monotonic() < until:
            # Many people who open one page each.
            somebody = f"198.51.{100 + len(found) // 250}.{len(found) % 250}"
            begun = time.perf_counter()
            with suppress(*_NO_ANSWER):
                await asyncio.to_thread(_open_page, target, somebody)
                connection = await asyncio.to_thread(target.connect, somebody)
                async with Session(target.url, address=somebody, connection=connection):
                    pass
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(PAUSE)
        return found

    async def calls() -> list[float]:
        found: list[float] = []
        script: HTTPConnection | None = None
        while time.monotonic() < until:
            begun = time.perf_counter()
            try:
                if not script:
                    script = await asyncio.to_thread(target.connect_http, OTHER)
                await asyncio.to_thread(_call, script, token, 1 + len(found) % 5)
            except _NO_ANSWER:
                script = None
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(PAUSE)
        return found

    opened, answered = await asyncio.gather(pages(), calls())
    return {"page": opened, "call": answered}


def _open_page(target: Target, somebody: str) -> None:
    with closing(target.connect_http(somebody)) as browser:
        browser.request("GET", "/", headers={"Accept": "text/html", "X-Forwarded-For": somebody})
        browser.getresponse().read()


def _call(script: HTTPConnection, token: str, page: int) -> None:
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": OTHER}
    script.request("GET", f"/api/v1/app/issue?page={page}", headers=headers)
    script.getresponse().read()


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95 - 0.01)]


@contextmanager
def _running(target: Target, attacks: tuple[Attack, ...]) -> Iterator[None]:
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
    os.nice(19)  # Real attackers use their own machine.
    while True:
        with suppress(OSError, WebSocketException, TimeoutError):
            attack(target)
        time.sleep(0.01)


ATTACKS: dict[str, tuple[Attack, ...]] = {
    "git info": (git_info,),
    "469 bytes a second": (trickle,),
    "5,000 empty runs": (empty_runs,),
    "20 connections, 270 runs a second each": (many_runs,),
    "four addresses, 20 runs a second each": (four_addresses,),
    "messages of 8 MB": (big_messages,),
    "tiny frames": (tiny_frames,),
    "199 sessions": (sessions,),
    "1,000 idle connections": (idle_connections,),
    "120,000 widgets in each message": (many_parts,),
    "cookies with 8,000 escapes": (escaped_cookies,),
    "13,000 requests before an answer": (pipelined,),
    "32,000 marks on a letter": (marks,),
    "a text of joiners in 40 tabs": (joiners,),
    "the largest file, 90 connections": (files,),
    "50 connections that ask on and on": (requests,),
    "a header without an end": (endless_header,),
    "handshakes that hang": (hung_handshakes,),
    "8,000 parameters": (long_queries,),
    "300 connections that are refused": (refusals,),
    "pages in the place of files": (pages_for_files,),
}
