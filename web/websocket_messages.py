"""What a browser tab sends over its WebSocket: only what the portal's pages need gets through.

Streamlit (1.67) answers other kinds of message as well, for everybody: it reads the git repository,
empties caches, installs files. It does so on the event loop, where everybody waits meanwhile.
"""

from typing import Final

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send

from web.script_scheduler import Connection, ScriptScheduler
from web.streamlit_compat import BackMsg, ClientState, ForwardMsg

LONGEST_MESSAGE: Final = 256_000
"""Bytes. The longest text that can be sent, with all else that is on the page, takes a third."""

LONGEST_QUERY: Final = 65_536
"""Bytes of the query in the page's address: uvicorn takes no longer one either."""

MOST_WIDGETS: Final = 1_000
MOST_HASHES: Final = 5_000
"""Values of widgets and names of remembered messages in one message; a page has some dozens."""

_RUN: Final = "rerun_script"
_NEEDED: Final = (_RUN, "stop_script", "app_heartbeat")
_LONGEST_FINISHED: Final = 400
"""Bytes: longer messages to the browser do not say that a script has run."""

_REFUSED_TEXT, _TOO_BIG, _NOT_A_MESSAGE, _GONE = 1003, 1009, 1002, 1006


class WebSocketMessages:
    """Reads the messages of one connection for Streamlit, each when it is its turn."""

    def __init__(
        self, turns: ScriptScheduler, connection: Connection, receive: Receive, send: Send
    ) -> None:
        self._turns = turns
        self._connection = connection
        self._receive = receive
        self._send = send
        self._is_gone = False

    async def receive(self) -> Message:
        """The next message that Streamlit may see; a connection that breaks the rules is closed."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            await self._turns.message(self._connection, len(data or message.get("text") or ""))
            if data is None:
                return await self._closed(_REFUSED_TEXT)
            if len(data) > LONGEST_MESSAGE:
                return await self._closed(_TOO_BIG)
            try:
                read = BackMsg.FromString(data)
            except DecodeError:
                return await self._closed(_NOT_A_MESSAGE)
            if _is_too_much(read.rerun_script):
                return await self._closed(_TOO_BIG)
            kind = read.WhichOneof("type")
            if kind == _RUN:
                await self._turns.turn(self._connection)
            if self._is_gone:
                return {"type": "websocket.disconnect", "code": _GONE}
            if kind in _NEEDED:
                return message

    async def send(self, message: Message) -> None:
        """Pass a message on to the browser, noting when the session is open or a script has run."""
        if message["type"] == "websocket.accept":
            self._turns.finished(self._connection)
        data = message.get("bytes") or b""
        if 0 < len(data) < _LONGEST_FINISHED:
            sent = ForwardMsg.FromString(data)
            if sent.WhichOneof("type") == "script_finished" and (
                sent.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                self._turns.finished(self._connection)
        if self._is_gone:
            return
        try:
            await self._send(message)
        except OSError:
            # The browser has gone while its message waited. Streamlit (1.67) would take the error
            # for one of its own; it learns of it from `receive`.
            self._is_gone = True

    async def _closed(self, code: int) -> Message:
        await self.send({"type": "websocket.close", "code": code})
        self._is_gone = True
        return {"type": "websocket.disconnect", "code": code}


def _is_too_much(run: ClientState) -> bool:
    """Whether a message asks for more work than any page does, however short it is."""
    return (
        len(run.query_string.encode()) > LONGEST_QUERY
        or len(run.widget_states.widgets) > MOST_WIDGETS
        or len(run.cached_message_hashes) > MOST_HASHES
    )
