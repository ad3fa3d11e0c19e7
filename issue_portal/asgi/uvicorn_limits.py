"""Limits below ASGI: headers, connections, WebSockets and file descriptors.

uvicorn (0.54) waits for ever for the first request of a connection, for the end of a header and for
a client that does not read. Its limit for a WebSocket message, 16 MB, is too large, and only
`streamlit run` replaces it, so this module sets it.
"""

import json
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11

from issue_portal.asgi.uvicorn_connections import MAX_CONNECTIONS, ConnectionTable
from issue_portal.asgi.uvicorn_websockets import limit_websockets
from issue_portal.models.vocabulary import ProblemCode

LONGEST_HEAD: Final = 98_304
"""Bytes of a request before its body: a URL of 64 kB, and cookies."""

_LONGEST_HEADER: Final = 40_000
"""Bytes per header of a WebSocket request: twice the cookies of a user with 200 groups.

The default of websockets (17) is 8 kB, which is too little.
"""

MAX_HEADERS: Final = 100
"""Headers per request, trailers included."""

_MAX_CHUNKS: Final = 2_000
"""Chunks per request body. A chunk of one byte takes as much time as a chunk of one kilobyte."""

NON_WEBSOCKET_DESCRIPTORS: Final = MAX_CONNECTIONS + 300
"""File descriptors for everything but WebSockets: HTTP, databases, files, outgoing calls."""

_MAX_DESCRIPTORS: Final = 65_536


def raise_descriptor_limit() -> int:
    """Raise the limit of open file descriptors as far as possible; return the new limit."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return _MAX_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return _MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def limit_connections(*, longest_message: int) -> None:
    """Set the limits of all connections. Call it once, before the server starts.

    ``longest_message`` is the size in bytes of the largest WebSocket message.
    """
    connections = ConnectionTable()
    for protocol in (HttpToolsProtocol, H11Protocol):
        _replace_400_response(protocol)
        if protocol is HttpToolsProtocol:  # h11 has its own limits.
            _limit_headers(protocol)
        connections.watch(protocol)
    connections.watch_end(WebSocketsSansIOProtocol)
    http11.MAX_LINE_LENGTH = _LONGEST_HEADER
    limit_websockets(WebSocketsSansIOProtocol, longest_message)


def _limit_headers(protocol: Any) -> None:
    """Limit the size of headers and the number of chunks in a body; ignore trailers.

    httptools (0.8) takes quadratic time for a header or URL that does not end. uvicorn treats
    trailers as headers, although proxies do not check them. Longer than 40 lines because the six
    callbacks share the state of the request and the methods that they wrap.
    """
    receive, begin_message, complete_headers = (
        protocol.data_received,
        protocol.on_message_begin,
        protocol.on_headers_complete,
    )
    add_header, add_body, complete_message = (
        protocol.on_header,
        protocol.on_body,
        protocol.on_message_complete,
    )
    # `bytes_since_progress` counts from the start of the request or the last part of its body; the
    # others count the headers and the chunks of the body of the current request.
    protocol.bytes_since_progress, protocol.header_count, protocol.chunk_count = 0, 0, 0
    protocol.is_in_body = False

    def data_received(self: Any, data: bytes) -> None:
        self.bytes_since_progress += len(data)
        if self.bytes_since_progress > LONGEST_HEAD:
            self.send_400_response("")
            return
        receive(self, data)

    def on_message_begin(self: Any) -> None:
        self.header_count = self.chunk_count = 0
        self.is_in_body = False
        begin_message(self)

    def on_header(self: Any, name: bytes, value: bytes) -> None:
        self.header_count += 1
        if self.header_count > MAX_HEADERS:
            raise ValueError("too many headers")
        if not self.is_in_body:
            add_header(self, name, value)

    def on_headers_complete(self: Any) -> None:
        self.bytes_since_progress, self.is_in_body = 0, True
        complete_headers(self)

    def on_body(self: Any, chunk: bytes) -> None:
        self.bytes_since_progress = 0
        self.chunk_count += 1
        if self.chunk_count > _MAX_CHUNKS:
            self.transport.close()
        else:
            add_body(self, chunk)

    def on_message_complete(self: Any) -> None:
        self.bytes_since_progress, self.is_in_body = 0, False
        complete_message(self)

    protocol.data_received = data_received
    protocol.on_message_begin = on_message_begin
    protocol.on_header = on_header
    protocol.on_headers_complete = on_headers_complete
    protocol.on_body = on_body
    protocol.on_message_complete = on_message_complete


def _replace_400_response(protocol: Any) -> None:
    """Make the protocol answer invalid HTTP and URLs of more than 64 kB with a problem document."""
    body = json.dumps(
        {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "The request is not valid HTTP, or its URL or headers are too long.",
            "code": ProblemCode.INVALID_REQUEST,
        }
    )
    head = "\r\n".join(
        [
            "HTTP/1.1 400 Bad Request",
            "content-type: application/problem+json",
            "cache-control: no-store",
            f"content-length: {len(body)}",
            "connection: close",
        ]
    )
    response = f"{head}\r\n\r\n{body}".encode()

    def send_400_response(self: Any, _message: str) -> None:
        self.transport.write(response)
        self.transport.close()

    protocol.send_400_response = send_400_response
