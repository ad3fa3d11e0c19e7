"""Filters the messages of a browser tab: Streamlit receives only the types that the pages need.

Streamlit (1.67) would also answer other types, for any visitor: it would read the git repository,
clear caches and load files. This work blocks the event loop, and so all sessions.
"""

from typing import Final

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send

from web.script_scheduler import Connection, ScriptScheduler
from web.streamlit_compat import BackMsg, ClientState, ForwardMsg

LONGEST_MESSAGE: Final = 256_000
"""Bytes of a message. A page with the longest text sends a third of this number."""

LONGEST_QUERY: Final = 65_536
"""Bytes of the query in the page's URL; uvicorn has the same limit."""

MAX_WIDGETS: Final = 1_000
"""Widget values in one message. A page sends a few dozen."""

MAX_HASHES: Final = 5_000
"""Hashes of cached messages in one message. A page sends a few dozen."""

_RUN_TYPE: Final = "rerun_script"
_NEEDED_TYPES: Final = (_RUN_TYPE, "stop_script", "app_heartbeat")
_LONGEST_END_MESSAGE: Final = 400
"""Bytes of the longest message that announces the end of a script. Longer ones are not parsed."""

_TEXT_REFUSED, _TOO_BIG, _INVALID, _DISCONNECTED = 1003, 1009, 1002, 1006
"""WebSocket close codes (RFC 6455)."""


class WebSocketMessages:
    """Passes the messages of one connection to Streamlit when their turn comes."""

    def __init__(
        self, scheduler: ScriptScheduler, connection: Connection, receive: Receive, send: Send
    ) -> None:
        self._scheduler = scheduler
        self._connection = connection
        self._receive = receive
        self._send = send
        self._is_closed = False

    async def receive(self) -> Message:
        """Return the next message for Streamlit; close a connection that breaks the limits."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            await self._scheduler.wait_for_message_budget(
                self._connection, len(data or message.get("text") or "")
            )
            if data is None:
                return await self._close(_TEXT_REFUSED)
            if len(data) > LONGEST_MESSAGE:
                return await self._close(_TOO_BIG)
            try:
                parsed = BackMsg.FromString(data)
            except DecodeError:
                return await self._close(_INVALID)
            if _exceeds_limits(parsed.rerun_script):
                return await self._close(_TOO_BIG)
            message_type = parsed.WhichOneof("type")
            if message_type == _RUN_TYPE:
                await self._scheduler.wait_for_turn(self._connection)
            if self._is_closed:
                return {"type": "websocket.disconnect", "code": _DISCONNECTED}
            if message_type in _NEEDED_TYPES:
                return message

    async def send(self, message: Message) -> None:
        """Pass a message on to the browser; free the slot if the message ends a script run.

        Opening the session also takes a slot, until the message ``websocket.accept``.
        """
        if message["type"] == "websocket.accept":
            self._scheduler.free_slot(self._connection)
        data = message.get("bytes") or b""
        if 0 < len(data) < _LONGEST_END_MESSAGE:
            sent = ForwardMsg.FromString(data)
            if sent.WhichOneof("type") == "script_finished" and (
                sent.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                self._scheduler.free_slot(self._connection)
        if self._is_closed:
            return
        try:
            await self._send(message)
        except OSError:
            # The browser has disconnected, which `receive` reports next. Streamlit (1.67) would log
            # this exception as an error.
            self._is_closed = True

    async def _close(self, code: int) -> Message:
        await self.send({"type": "websocket.close", "code": code})
        self._is_closed = True
        return {"type": "websocket.disconnect", "code": code}


def _exceeds_limits(run: ClientState) -> bool:
    """Return whether a run message has more data than any page sends."""
    return (
        len(run.query_string.encode()) > LONGEST_QUERY
        or len(run.widget_states.widgets) > MAX_WIDGETS
        or len(run.cached_message_hashes) > MAX_HASHES
    )
