"""A proxy that tells the portal in headers which user a cookie names.

Run as ``python -m tests.servers.proxy PORT PORTAL_PORT ADDRESS``. The proxy sends ADDRESS as
the client's address in ``X-Forwarded-For``.
"""

import asyncio
import sys
from functools import partial
from http.cookies import SimpleCookie

COOKIE = "proxy_user"
"""Cookie with ``email/group,group``. The cookie of a real proxy would have a session id."""

TRUSTED_USER_HEADERS = {"X-Forwarded-Email": "email", "X-Forwarded-Groups": "groups"}
"""Value of the portal's setting ``server.trustedUserHeaders``, which maps headers to claims."""


def replace_headers(head: bytes, address: str) -> bytes:
    """Return the head of a request with the proxy's headers instead of the client's."""
    request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    replaced_prefixes = ("x-forwarded-", "connection:")
    headers = [line for line in lines if not line.lower().startswith(replaced_prefixes)]
    upgrade = any(line.lower().startswith("upgrade:") for line in lines)
    headers += [f"Connection: {'Upgrade' if upgrade else 'close'}", f"X-Forwarded-For: {address}"]
    cookie = next((line for line in lines if line.lower().startswith("cookie:")), "cookie:")
    user = SimpleCookie(cookie.partition(":")[2].strip()).get(COOKIE)
    if user:
        email, _, groups = user.value.partition("/")
        headers += [f"X-Forwarded-Email: {email}", f"X-Forwarded-Groups: {groups}"]
    return "\r\n".join([request_line, *headers, "", ""]).encode("latin-1")


async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    target.close()


async def handle_connection(
    portal_port: int, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        responses, requests = await asyncio.open_connection("127.0.0.1", portal_port)
        requests.write(replace_headers(head, address))
        await asyncio.gather(forward(reader, requests), forward(responses, writer))
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def main(port: int, portal_port: int, address: str) -> None:
    server = await asyncio.start_server(
        partial(handle_connection, portal_port, address), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
