"""A server that sends prepared responses, broken ones included, over a real socket."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Answer = tuple[int, dict, object] | Callable[[BaseHTTPRequestHandler], None]
"""Status, headers and body; or a function that writes the response to a handler's connection."""


class ScriptedServer:
    """A server's prepared responses and the requests that it received.

    The server sends one response per request, and repeats the last response.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict, bytes]] = []
        self.connections: set[tuple] = set()
        self.url = ""

    @property
    def calls(self) -> list[str]:
        """``METHOD /path`` of each request, without the path's prefix ``/api/v1/app``."""
        return [f"{r[0]} {r[1].removeprefix('/api/v1/app')}" for r in self.requests]

    def next_answer(self) -> Answer:
        """Return the response to the next request."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(*answers: Answer) -> Iterator[ScriptedServer]:
    """Run a server that sends ``answers``; its URL is in the `ScriptedServer`."""
    server = ScriptedServer(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            server.requests.append((self.command, self.path, dict(self.headers), body))
            server.connections.add(self.client_address)
            answer = server.next_answer()
            if callable(answer):
                self.body = body
                with suppress(OSError):
                    answer(self)
                self.close_connection = True
                return
            status, headers, content = answer
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

        def handle_error(self, *_):
            pass  # The client closed the connection.

    http_server = Server(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http_server.server_port}"
    threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    http_server.shutdown()
    http_server.server_close()


def drop(handler):
    """Close the connection without a response."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang(handler):
    """Send nothing until the client closes the connection."""
    handler.rfile.read(1)


def forward(url, *, lose=False):
    """Forward the request to the server at ``url``; with ``lose``, drop its response."""

    def answer(handler):
        headers = {n: v for n, v in handler.headers.items() if n.lower() != "host"}
        path = url + handler.path
        response = httpx.request(handler.command, path, headers=headers, content=handler.body)
        if not lose:
            handler.send_response(response.status_code)
            for name, value in response.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(response.content)

    return answer


def respond_and_close(status, headers, content):
    """Send a response and close the connection, without the header ``Connection: close``."""

    def answer(handler):
        data = json.dumps(content).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def truncated(handler, status=200):
    """Send fewer bytes than the Content-Length, then close the connection."""
    handler.wfile.write(b'HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n{"id":' % status)


def truncated_not_found(handler):
    truncated(handler, 404)


def slow_body(handler):
    """Send one byte of the body every 50 ms until the client closes the connection."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _send_slowly(handler)


def slow_headers(handler):
    """Send one byte of a header every 50 ms until the client closes the connection."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _send_slowly(handler)


def _send_slowly(handler):
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)  # Much shorter than the client's timeout for one read.


def endless_body(handler):
    """Send a body without an end until the client closes the connection."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 2**20)
