"""A proxy that signs people in by a cookie and sends the user to the portal in headers.

Run as ``python -m tests.servers.proxy PORT PORTAL_PORT ADDRESS``; it says that ADDRESS is calling.
"""

import asyncio
import sys
from functools import partial
from http.cookies import SimpleCookie

COOKIE = "known_as"
"""Cookie with ``address/group,group``, which a real proxy would look up."""

HEADERS = {"X-Forwarded-Email": "email", "X-Forwarded-Groups": "groups"}
"""Headers that the proxy sends, and the portal's names for them."""


def with_headers(head: bytes, address: str) -> bytes:
    """Return the head of a request with the proxy's headers in place of the client's."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    ours = ("x-forwarded-", "connection:")
    kept = [line for line in lines if not line.lower().startswith(ours)]
    upgrade = any(line.lower().startswith("upgrade:") for line in lines)
    kept += [f"Connection: {'Upgrade' if upgrade else 'close'}", f"X-Forwarded-For: {address}"]
    sent = next((line for line in lines if line.lower().startswith("cookie:")), "cookie:")
    identity = SimpleCookie(sent.partition(":")[2].strip()).get(COOKIE)
    if identity:
        email, _, groups = identity.value.partition("/")
        kept += [f"X-Forwarded-Email: {email}", f"X-Forwarded-Groups: {groups}"]
    return "\r\n".join([first, *kept, "", ""]).encode("latin-1")


async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    target.close()


async def serve_one(
    portal: int, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        answers, requests = await asyncio.open_connection("127.0.0.1", portal)
        requests.write(with_headers(head, address))
        await asyncio.gather(pass_on(reader, requests), pass_on(answers, writer))
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def main(port: int, portal: int, address: str) -> None:
    server = await asyncio.start_server(partial(serve_one, portal, address), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
