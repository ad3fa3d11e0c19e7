"""Streamlit sessions without a browser. They send and receive the same messages as a browser."""

import asyncio
import socket
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from web.streamlit_compat import BackMsg, ForwardMsg

MESSAGE_TIMEOUT = 20
"""Seconds to wait for the server's next message."""


@dataclass
class Session:
    """One browser tab."""

    url: str
    path: str = ""
    query: str = ""
    cookies: str = ""
    address: str = ""
    """Client address to send in ``X-Forwarded-For``."""

    connection: socket.socket | None = None
    """Connection to use instead of a new one."""

    page_hash: str = ""
    """Hash of the page's script; "" before the first run."""

    widgets: dict[str, str] = field(default_factory=dict)
    """Widget ids by widget key."""

    options: dict[str, list[str]] = field(default_factory=dict)
    """Options to choose from, by widget key."""

    texts: list[str] = field(default_factory=list)
    """Texts of the last run."""

    hashes: list[str] = field(default_factory=list)
    """Hashes of the messages that a browser would have cached."""

    _socket: ClientConnection | None = None

    async def open(self) -> float:
        """Open the page; return the seconds until its script has finished."""
        started = time.perf_counter()
        host = urlsplit(self.url).netloc
        headers = {"Cookie": self.cookies, "X-Forwarded-For": self.address}
        self._socket = await connect(
            f"ws://{host}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(self.url),
            additional_headers={name: value for name, value in headers.items() if value},
            max_size=None,
            sock=self.connection,
        )
        await self.run()
        return time.perf_counter() - started

    async def run(self, **values: Any) -> float:
        """Rerun the page and return the seconds that the run took.

        ``values`` has new values by widget key; the value ``True`` presses a button.
        """
        assert self._socket
        started = time.perf_counter()
        await self._socket.send(self._make_rerun_message(values))
        self.texts = []
        while True:
            message = ForwardMsg.FromString(
                await asyncio.wait_for(self._socket.recv(), MESSAGE_TIMEOUT)
            )
            message_type = message.WhichOneof("type")
            if message.metadata.cacheable and message.hash:
                self.hashes.append(message.hash)
            if message_type == "new_session":
                self.page_hash = message.new_session.page_script_hash
            elif message_type == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif message_type == "delta":
                self._read_element(message.delta.new_element)
            elif message_type == "script_finished" and (
                message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return time.perf_counter() - started

    async def time_runs(self, rounds: int) -> float:
        """Open the page, rerun it, and close it; return the median seconds of a run."""
        async with self:
            return statistics.median([await self.run() for _ in range(rounds)])

    def _read_element(self, element: Any) -> None:
        element_type = element.WhichOneof("type")
        shown: Any = getattr(element, element_type) if element_type else None
        if element_type == "exception":
            raise RuntimeError(f"{shown.type}: {shown.message}")
        if widget_id := getattr(shown, "id", ""):
            key = widget_id.rpartition("-")[2]
            self.widgets[key] = widget_id
            self.options[key] = list(getattr(shown, "options", ()))
        self.texts.append(str(getattr(shown, "body", "")))

    def _make_rerun_message(self, values: dict[str, Any]) -> bytes:
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash = self.query, self.page_hash
        run.page_name = "" if self.page_hash else self.path
        run.cached_message_hashes.extend(self.hashes)
        run.context_info.timezone, run.context_info.locale = "UTC", "en-US"
        run.context_info.url = f"{self.url}/{self.path}"
        for key, value in values.items():
            state = run.widget_states.widgets.add()
            state.id = self.widgets[key]
            if value is True:
                state.trigger_value = True
            else:
                state.string_value = value
        return bytes(message.SerializeToString())

    async def close(self) -> None:
        """Close the tab."""
        if self._socket:
            await self._socket.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
