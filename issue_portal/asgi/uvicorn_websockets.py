"""Limits the size and number of WebSocket frames that uvicorn reads."""

from typing import Any, Final

from issue_portal.asgi.uvicorn_connections import PARSED_BYTES
from issue_portal.core.logging_setup import MinuteBudget

MAX_SMALL_FRAMES: Final = 300
"""Pings, pongs and message fragments per WebSocket and minute. Browsers send a few."""


def limit_websockets(protocol: Any, longest_message: int) -> None:
    """Limit the size of messages and the number of small frames of a WebSocket protocol class.

    Also makes the class parse data in small parts. uvicorn would parse up to 256 kB in one go,
    during which nothing else runs. This function is longer than 40 lines because its inner
    functions share the original methods that they wrap.
    """
    connect, parse, receive = protocol.connection_made, protocol.data_received, protocol.receive

    def connection_made(self: Any, transport: Any) -> None:
        connect(self, transport)
        self.conn.max_message_size = longest_message
        self.conn.available_extensions = []  # A small compressed message can be huge.
        self.unparsed = bytearray()
        self.small_frames = MinuteBudget(MAX_SMALL_FRAMES)

    def data_received(self: Any, data: bytes) -> None:
        self.unparsed += data
        read(self)
        # The first data contains the whole handshake. If the library websockets (version 17)
        # refuses it, uvicorn neither responds nor closes the connection.
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def read(self: Any) -> None:
        while self.unparsed and not self.read_paused and not self.transport.is_closing():
            part = bytes(self.unparsed[:PARSED_BYTES])
            del self.unparsed[:PARSED_BYTES]
            parse(self, part)

    async def receive_message(self: Any) -> Any:
        message = await receive(self)
        read(self)
        return message

    def limit_frames(handle: Any) -> Any:
        def handle_frame(self: Any, *frame: Any) -> None:
            if self.small_frames.spend():
                handle(self, *frame)
            else:
                self.transport.close()

        return handle_frame

    protocol.connection_made = connection_made
    protocol.data_received = data_received
    protocol.receive = receive_message
    for name in ("handle_ping", "handle_pong", "handle_cont"):
        setattr(protocol, name, limit_frames(getattr(protocol, name)))
