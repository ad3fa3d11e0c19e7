"""Limits of uvicorn: unread responses, connections per address, and tiny frames."""

import asyncio
from unittest.mock import Mock

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from issue_portal.asgi import uvicorn_connections, uvicorn_websockets
from tests.loops import run_in_loop
from web.websocket_messages import LONGEST_MESSAGE


class Transport(Mock):
    """A transport with the methods that a protocol calls."""

    unsent_bytes = 0

    def get_extra_info(self, _name):
        return None

    def is_closing(self):
        return self.abort.called or self.close.called

    def get_write_buffer_size(self):
        return self.unsent_bytes


class Connections:
    """Connections that the limits watch, with a clock that the test sets."""

    def __init__(self) -> None:
        class Protocol:
            def __init__(self, loop, address) -> None:
                self.loop, self.client, self.cycle = loop, (address, 1), Mock()
                self.cycle.response_complete = True
                self.config = Mock(forwarded_allow_ips="127.0.0.1,10.0.0.0/8")

            def connection_made(self, transport):
                self.transport = transport

            def connection_lost(self, _error): ...

            def data_received(self, _data): ...

            def resume_writing(self): ...

        self.protocol = Protocol
        self.connections = uvicorn_connections.ConnectionTable()
        self.connections.watch(Protocol)
        self.now = 0.0
        self.loop = Mock()
        self.loop.time.side_effect = lambda: self.now

    def make(self, address: str = "198.51.100.1"):
        protocol = self.protocol(self.loop, address)
        protocol.connection_made(Transport())
        return protocol

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.connections._close_stale(self.loop)


def test_client_is_disconnected_only_if_it_reads_nothing():
    """Regression: unread responses kept file descriptors and memory forever."""
    connections = Connections()
    stuck, slow, refilled = (connections.make() for _ in range(3))
    for protocol in (stuck, slow, refilled):
        protocol.cycle.response_complete = False
        protocol.transport.unsent_bytes = 1_000_000
    stuck.transport.close()
    for _ in range(6):
        connections.wait(10)
        slow.transport.unsent_bytes -= 30_000
        refilled.resume_writing()  # Its buffer was empty between two checks.
    assert stuck.transport.abort.called
    assert not slow.transport.abort.called
    assert not refilled.transport.abort.called


def test_connections_are_limited_per_address(monkeypatch):
    monkeypatch.setattr(uvicorn_connections, "MAX_CONNECTIONS_PER_ADDRESS", 3)
    connections = Connections()
    same_address = [connections.make() for _ in range(5)]
    assert [protocol.transport.abort.called for protocol in same_address] == [False] * 3 + [
        True
    ] * 2
    # The limit does not apply to another address, to localhost, and to a trusted proxy.
    for address in ("198.51.100.2", *["127.0.0.1"] * 10, *["10.0.0.7"] * 10):
        assert not connections.make(address).transport.abort.called
    for protocol in same_address:
        protocol.connection_lost(None)
    assert not connections.make().transport.abort.called


def test_new_connections_are_limited_per_address_and_second(monkeypatch):
    monkeypatch.setattr(uvicorn_connections, "_CONNECT_BUCKET", (0.001, 3))
    connections = Connections()
    refused = []
    for _ in range(5):
        protocol = connections.make()
        refused.append(protocol.transport.abort.called)
        protocol.connection_lost(None)
    assert refused == [False] * 3 + [True] * 2
    assert not connections.make("198.51.100.2").transport.abort.called


def test_chunk_of_many_tiny_frames_is_read_piece_by_piece():
    """Regression: one chunk of tiny frames blocked the event loop for a second."""

    class Protocol(WebSocketsSansIOProtocol):
        pass

    uvicorn_websockets.limit_websockets(Protocol, LONGEST_MESSAGE)
    read = 0

    async def app(_scope, receive, send):
        nonlocal read
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            read += 1

    async def run_scenario():
        config = uvicorn.Config(app, ws="websockets-sansio", log_config=None)
        config.load()
        protocol = Protocol(config, ServerState(), {})
        protocol.connection_made(Transport())
        protocol.data_received(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        while not protocol.handshake_complete:
            await asyncio.sleep(0)
        protocol.data_received(bytes([0x82, 0x82, 0, 0, 0, 0, 0x88, 0x01]) * 30_000)
        assert 0 < protocol.queue.qsize() <= 128
        async with asyncio.timeout(30):
            while read < 30_000:
                await asyncio.sleep(0)
        assert not protocol.unparsed
        protocol.connection_lost(None)

    run_in_loop(run_scenario)
