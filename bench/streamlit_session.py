"""Sessions at a portal without a browser: the messages that Streamlit's page sends."""

import asyncio
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from web.streamlit_compat import BackMsg, ForwardMsg

SECONDS = 20


@dataclass
class Session:
    """One browser tab. ``widgets`` are the ids of what is shown, ``options`` theirs, by key."""

    url: str
    path: str = ""
    query: str = ""
    cookies: str = ""
    address: str = ""
    """Client address to send in ``X-Forwarded-For``."""

    connection: socket.socket | None = None
    """Connection to use instead of a new one."""

    page: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    """Texts of the last run."""

    hashes: list[str] = field(default_factory=list)
    _socket: ClientConnection | None = None

    async def open(self) -> float:
        """Open the page; return the seconds until its script has run."""
        begun = time.perf_counter()
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
        return time.perf_counter() - begun

    async def run(self, **values: Any) -> float:
        """Rerun the page with these widget values, by key; return the seconds it took.

        ``True`` presses a button.
        """
        assert self._socket
        begun = time.perf_counter()
        await self._socket.send(self._asked(values))
        self.words = []
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(), SECONDS))
            kind = message.WhichOneof("type")
            if message.metadata.cacheable and message.hash:
                self.hashes.append(message.hash)
            if kind == "new_session":
                self.page = message.new_session.page_script_hash
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "delta":
                self._note(message.delta.new_element)
            elif kind == "script_finished" and (
                message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return time.perf_counter() - begun

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        shown: Any = getattr(element, kind) if kind else None
        if kind == "exception":
            raise RuntimeError(f"{shown.type}: {shown.message}")
        if widget := getattr(shown, "id", ""):
            key = widget.rpartition("-")[2]
            self.widgets[key] = widget
            self.options[key] = list(getattr(shown, "options", ()))
        self.words.append(str(getattr(shown, "body", "")))

    def _asked(self, values: dict[str, Any]) -> bytes:
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash = self.query, self.page
        run.page_name = "" if self.page else self.path
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
