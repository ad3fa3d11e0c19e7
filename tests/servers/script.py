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
"""Status, headers and body, or a function that writes to the connection."""


class Script:
    """Sends its answers one by one, repeats the last one, and records the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict, bytes]] = []
        self.connections: set[tuple] = set()
        self.url = ""

    @property
    def asked(self) -> list[str]:
        """Method and path of each request, without the common prefix."""
        return [f"{r[0]} {r[1].removeprefix('/api/v1/app')}" for r in self.requests]

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(*answers: Answer) -> Iterator[Script]:
    script = Script(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            script.requests.append((self.command, self.path, dict(self.headers), body))
            script.connections.add(self.client_address)
            answer = script.next()
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
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

        def handle_error(self, *_):
            pass  # The client hung up.

    server = Server(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield script
    server.shutdown()
    server.server_close()


def drop(handler):
    """Close the connection without a response."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang(handler):
    """Say nothing until the client hangs up."""
    handler.rfile.read(1)


def forward(url, *, lose=False):
    """Forward the request to ``url``; with ``lose``, drop the response."""

    def answer(handler):
        headers = {n: v for n, v in handler.headers.items() if n.lower() != "host"}
        path = url + handler.path
        got = httpx.request(handler.command, path, headers=headers, content=handler.body)
        if not lose:
            handler.send_response(got.status_code)
            for name, value in got.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(got.content)

    return answer


def then_close(status, headers, content):
    """Send a response, then close the connection without announcing it."""

    def answer(handler):
        data = json.dumps(content).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def truncated(handler, status=200):
    """Send less than the Content-Length."""
    handler.wfile.write(b'HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n{"id":' % status)


def truncated_refusal(handler):
    truncated(handler, 404)


def dripping_body(handler):
    """Send a byte at a time, until the client hangs up."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _drip(handler)


def dripping_head(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler)


def _drip(handler):
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)  # Much shorter than the timeout for one read, which must not be met.


def endless_body(handler):
    """Send data until the client hangs up."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 2**20)
