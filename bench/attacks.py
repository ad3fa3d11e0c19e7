"""What others feel while one visitor attacks: pages and API calls, against an idle portal.

Attackers are processes of their own, nearly all at one address; the others come from other
addresses. Every attack needs nothing but a connection that any visitor may open. Each goes on at a
portal itself, and all at once behind `deploy/haproxy.cfg`: no portal lets one address hold as many
connections as they need together.
"""

import asyncio
import logging
import multiprocessing
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from streamlit.file_util import get_static_dir
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench import processes
from bench.door import Door
from bench.rows import Row
from bench.sessions import Session

FEW = 100
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
"""How long each attack goes on."""

PAUSE = 0.1
"""Between two looks at a page or at the API."""

ATTACKER, OTHER = "203.0.113.9", "198.51.100.7"
TARGET = 3.0
"""How much slower others may get, at the 95th percentile."""

_SECONDS_TO_REOPEN = 0.1
"""All attacks that do so together ask about as often as `deploy/haproxy.cfg` lets one address."""

_NO_ANSWER = (HTTPException, OSError, WebSocketException)
"""What a portal that stands still ends in: it counts with the time that it took."""

Attack = Callable[[Door], None]


def rows() -> Iterator[Row]:
    """Two rows for each attack and for all at once: pages and API calls of others."""
    processes.filled(FEW)
    token = processes.token(FEW)
    for name, attacks in ATTACKS.items():
        with processes.portal(FEW) as portal:
            yield from _measured(name, attacks, Door(portal.url), token)
    with processes.portal(FEW) as portal, processes.proxy(portal) as proxy:
        everything = tuple(sum(ATTACKS.values(), ()))
        yield from _measured("all of these", everything, Door(proxy, True), token)


def _measured(name: str, attacks: tuple[Attack, ...], door: Door, token: str) -> Iterator[Row]:
    asyncio.run(_felt(door, token, SECONDS / 4))  # Warm up.
    idle = asyncio.run(_felt(door, token, SECONDS / 2))
    with _running(door, attacks):
        attacked = asyncio.run(_felt(door, token, SECONDS))
    for what in ("page", "call"):
        yield Row.at_most(
            f"{name}: another's {what} in ms (95th percentile), against idle",
            _p95(attacked[what]) * 1000,
            _p95(idle[what]) * 1000,
            target=TARGET,
        )


async def _felt(door: Door, token: str, seconds: float) -> dict[str, list[float]]:
    """Seconds that pages took to open and API calls to be answered, one after the other."""
    until = time.monotonic() + seconds

    async def pages() -> list[float]:
        found: list[float] = []
        while time.monotonic() < until:
            # Many people, each of whom opens one page.
            somebody = f"198.51.{100 + len(found) // 250}.{len(found) % 250}"
            begun = time.perf_counter()
            with suppress(*_NO_ANSWER):
                await asyncio.to_thread(_open_page, door, somebody)
                connection = await asyncio.to_thread(door.connection, somebody)
                async with Session(door.url, address=somebody, connection=connection):
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
                    script = await asyncio.to_thread(door.client, OTHER)
                await asyncio.to_thread(_call, script, token, 1 + len(found) % 5)
            except _NO_ANSWER:
                script = None
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(PAUSE)
        return found

    opened, answered = await asyncio.gather(pages(), calls())
    return {"page": opened, "call": answered}


def _open_page(door: Door, somebody: str) -> None:
    with closing(door.client(somebody)) as browser:
        browser.request("GET", "/", headers={"Accept": "text/html", "X-Forwarded-For": somebody})
        browser.getresponse().read()


def _call(script: HTTPConnection, token: str, page: int) -> None:
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": OTHER}
    script.request("GET", f"/api/v1/app/issue?page={page}", headers=headers)
    script.getresponse().read()


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95 - 0.01)]


@contextmanager
def _running(door: Door, attacks: tuple[Attack, ...]) -> Iterator[None]:
    attackers = [
        multiprocessing.Process(target=_repeat, args=(attack, door), daemon=True)
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


def _repeat(attack: Attack, door: Door) -> None:
    logging.disable()  # What it loses by being refused is no news.
    os.nice(19)  # An attacker has a machine of their own.
    while True:
        with suppress(OSError, WebSocketException, TimeoutError):
            attack(door)
        time.sleep(0.01)  # Refused: at once again.


def _session(door: Door, address: str = ATTACKER) -> ClientConnection:
    return connect(
        f"ws://{door.host}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(door.url),
        sock=door.connection(address),
        additional_headers={"X-Forwarded-For": address},
        max_size=None,
        open_timeout=60,
        ping_interval=None,
        close_timeout=0.1,
    )


def _message(**fields: object) -> bytes:
    message = BackMsg()
    for name, value in fields.items():
        setattr(message, name, value)
    return bytes(message.SerializeToString())


def _rerun(**fields: object) -> bytes:
    message = BackMsg()
    message.rerun_script.SetInParent()
    for name, value in fields.items():
        setattr(message.rerun_script, name, value)
    return bytes(message.SerializeToString())


def git_info(door: Door) -> None:
    """A thousand questions about the repository, 8 bytes each."""
    with _session(door) as connection:
        for _ in range(1000):
            connection.send(_message(load_git_info=True))
        time.sleep(5)


def trickle(door: Door) -> None:
    """The same, 469 bytes a second."""
    with _session(door) as connection:
        while True:
            connection.send(_message(load_git_info=True))
            time.sleep(8 / 469)


def empty_runs(door: Door) -> None:
    """Five thousand requests to run the page again."""
    with _session(door) as connection:
        for _ in range(5000):
            connection.send(_rerun())
        time.sleep(5)


def many_runs(door: Door) -> None:
    """Twenty connections, each asking for 270 runs a second."""
    connections = [_session(door) for _ in range(20)]
    while True:
        for connection in connections:
            connection.send(_rerun())
        time.sleep(1 / 270)


def four_addresses(door: Door) -> None:
    """A tab at each of four addresses that runs the page as often as it may."""
    connections = [_session(door, f"203.0.113.{number}") for number in range(101, 105)]
    while True:
        for connection in connections:
            connection.send(_rerun())
        time.sleep(1 / 20)


def big_messages(door: Door) -> None:
    """Widgets that do not exist with ids of 7.9 MB, and values of 7.5 MB."""
    with _session(door) as connection:
        while True:
            message = BackMsg()
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.trigger_value = "x" * 7_900_000, True
            connection.send(message.SerializeToString())
            time.sleep(0.1)


def tiny_frames(door: Door) -> None:
    """As many frames of two bytes as a connection takes at once, then another connection."""
    with _session(door) as connection:
        connection.socket.settimeout(1)
        connection.socket.sendall(b"\x82\x82\0\0\0\0\x38\x01" * 100_000)


def sessions(door: Door) -> None:
    """As many sessions as one address may have."""
    connections = []
    with suppress(OSError, WebSocketException):
        for _ in range(199):
            connections.append(_session(door))
            connections[-1].send(_rerun())
    while True:
        for connection in connections:
            connection.send(_rerun())
            time.sleep(0.02)


def idle_connections(door: Door) -> None:
    """Connections on which nothing is asked."""
    held = []
    with suppress(OSError):
        for _ in range(1000):
            held.append(door.connection(ATTACKER))
    time.sleep(20)


def many_parts(door: Door) -> None:
    """Messages below every limit of size with as many values of widgets as fit."""
    connections = [_session(door) for _ in range(4)]
    message = BackMsg()
    for _ in range(120_000):
        message.rerun_script.widget_states.widgets.add()
    data = message.SerializeToString()
    while True:
        for connection in connections:
            connection.send(data)
        time.sleep(0.1)


def escaped_cookies(door: Door) -> None:
    """Cookies whose quotes take quadratic time to read."""
    cookie = 'a="' + '\\"' * 8_000 + '"'
    request = f"GET /_stcore/health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n"
    with door.connection(ATTACKER) as connection:
        while True:
            connection.sendall(f"{request}Cookie: {cookie}\r\n\r\n".encode())
            if not connection.recv(65_536):
                return


def pipelined(door: Door) -> None:
    """Forty connections that ask thirteen thousand times and read nothing."""
    request = f"GET /x HTTP/1.1\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
    held = []
    with suppress(OSError):
        for _ in range(40):
            held.append(door.connection(ATTACKER))
            held[-1].settimeout(1)
            held[-1].sendall(request * 13_000)
    time.sleep(1)


def marks(door: Door) -> None:
    """Texts in a link that take quadratic time to put in order."""
    with _session(door) as connection:
        text = "a" + "\u0301" * 16_000 + "\u0316" * 16_000
        while True:
            connection.send(_rerun(query_string=f"description={text}"))
            time.sleep(0.2)


def joiners(door: Door) -> None:
    """Forty tabs with a text in their link that takes as long as any to clean."""
    text = ("\u0ba8\u0bcd\ufdfa\u0915\u094d\u200d\u0130" * 1500)[:10_000]
    connections = [_session(door) for _ in range(40)]
    while True:
        for number, connection in enumerate(connections):
            # Another one each time: the same is not cleaned again.
            connection.send(_rerun(query_string=f"description={number}{time.time()}{text}"))
        time.sleep(0.05)


def files(door: Door) -> None:
    """Ninety connections that ask for the largest file of the page, over and over."""
    largest = max(
        Path(get_static_dir(), "static", "js").glob("*.js"), key=lambda f: f.stat().st_size
    )
    asked = (
        f"GET /static/js/{largest.name} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n"
    )
    size = largest.stat().st_size
    selector = selectors.DefaultSelector()
    left: dict[socket.socket, int] = {}
    for _ in range(90):
        connection = door.connection(ATTACKER)
        connection.sendall(asked.encode())
        selector.register(connection, selectors.EVENT_READ)
        left[connection] = size
    while True:
        for key, _ in selector.select():
            connection = next(c for c in left if c.fileno() == key.fd)
            if not (read := len(connection.recv(1_000_000))):
                return
            left[connection] -= read
            if left[connection] <= 0:
                connection.sendall(asked.encode())
                left[connection] += size


def requests(door: Door) -> None:
    """Fifty connections that ask for what needs no sign-in, over and over."""
    asked = [
        f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
        for path in ("/api/v1/app/me", "/api/openapi.json", "/api/ready", "/_stcore/health")
    ]
    connections = [door.connection(ATTACKER) for _ in range(50)]
    for number in range(1_000_000):
        connection = connections[number % 50]
        connection.sendall(asked[number % 4])
        if number >= 50 and not connections[(number + 1) % 50].recv(1_000_000):
            return


def endless_header(door: Door) -> None:
    """A header that does not end."""
    with door.connection(ATTACKER) as connection:
        connection.sendall(f"GET /x HTTP/1.1\r\nX-Forwarded-For: {ATTACKER}\r\nX: ".encode())
        for _ in range(1_000):
            connection.sendall(b"x" * 20_000)
            time.sleep(0.02)


def hung_handshakes(door: Door) -> None:
    """WebSocket handshakes that websockets refuses after uvicorn has taken them."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {door.host}\r\n"
        f"X-Forwarded-For: {ATTACKER}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 5\r\n\r\n"
    ).encode()
    held = []
    while True:
        held.append(door.connection(ATTACKER))
        held[-1].sendall(request)
        if len(held) > 5_000:
            held.pop(0).close()
        time.sleep(0.02)


def long_queries(door: Door) -> None:
    """Twenty connections that ask for a page with eight thousand parameters."""
    query = "%e0=%e0&" * 8_000
    _ask(door, f"GET /?{query} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n", 20)


def refusals(door: Door) -> None:
    """More connections than one address may have requests at work, asking on and on."""
    _ask(door, "GET /api/v1/app/me HTTP/1.1\r\nHost: x\r\n", 300)


def pages_for_files(door: Door) -> None:
    """Addresses where nothing is, to which Streamlit sends the page."""
    _ask(door, "GET /x.js HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n", 90)


def _ask(door: Door, head: str, count: int) -> None:
    """Ask the same on so many connections, on each as soon as it was answered.

    One that was closed is opened again after a moment.
    """
    request = f"{head}X-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
    with selectors.DefaultSelector() as ready:

        def open_one() -> None:
            connection = door.connection(ATTACKER)
            ready.register(connection, selectors.EVENT_READ)
            connection.sendall(request)

        for _ in range(count):
            open_one()
        while True:
            for key, _ in ready.select():
                assert isinstance(key.fileobj, socket.socket)
                try:
                    answer = key.fileobj.recv(1_000_000)
                    if b"HTTP/1.1 " in answer:
                        key.fileobj.sendall(request)
                except OSError:
                    answer = b""
                if not answer:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
                    time.sleep(_SECONDS_TO_REOPEN)
                    open_one()


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
