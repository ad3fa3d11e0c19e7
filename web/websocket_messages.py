"""Filters the messages of a browser tab: only types that the portal's pages need reach Streamlit.

Streamlit (1.67) also answers other types for any visitor: it reads the git repository, clears
caches and loads files. This work blocks the event loop, and with it all sessions.
"""

from typing import Final

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send

from web.script_scheduler import Connection, ScriptScheduler
from web.streamlit_compat import BackMsg, ClientState, ForwardMsg

LONGEST_MESSAGE: Final = 256_000
"""Bytes of a message. A page with the longest text needs a third of that."""

LONGEST_QUERY: Final = 65_536
"""Bytes of the query in the page's URL; uvicorn has the same limit."""

MOST_WIDGETS: Final = 1_000
MOST_HASHES: Final = 5_000
"""Widget values and hashes of cached messages in one message. A page has a few dozen."""

_RUN_TYPE: Final = "rerun_script"
_NEEDED_TYPES: Final = (_RUN_TYPE, "stop_script", "app_heartbeat")
_LONGEST_FINISHED: Final = 400
"""Bytes of the longest message that announces the end of a script."""

_REFUSED_TEXT, _TOO_BIG, _NOT_A_MESSAGE, _GONE = 1003, 1009, 1002, 1006


class WebSocketMessages:
    """Passes the messages of one connection to Streamlit when their turn comes."""

    def __init__(
        self, scheduler: ScriptScheduler, connection: Connection, receive: Receive, send: Send
    ) -> None:
        self._scheduler = scheduler
        self._connection = connection
        self._receive = receive
        self._send = send
        self._is_gone = False

    async def receive(self) -> Message:
        """Return the next message for Streamlit; close a connection that breaks the limits."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            await self._scheduler.take_message(
                self._connection, len(data or message.get("text") or "")
            )
            if data is None:
                return await self._close(_REFUSED_TEXT)
            if len(data) > LONGEST_MESSAGE:
                return await self._close(_TOO_BIG)
            try:
                parsed = BackMsg.FromString(data)
            except DecodeError:
                return await self._close(_NOT_A_MESSAGE)
            if _exceeds_limits(parsed.rerun_script):
                return await self._close(_TOO_BIG)
            message_type = parsed.WhichOneof("type")
            if message_type == _RUN_TYPE:
                await self._scheduler.wait_for_turn(self._connection)
            if self._is_gone:
                return {"type": "websocket.disconnect", "code": _GONE}
            if message_type in _NEEDED_TYPES:
                return message

    async def send(self, message: Message) -> None:
        """Pass a message on to the browser, and free the slot once a script has finished."""
        if message["type"] == "websocket.accept":
            self._scheduler.finish_run(self._connection)
        data = message.get("bytes") or b""
        if 0 < len(data) < _LONGEST_FINISHED:
            sent = ForwardMsg.FromString(data)
            if sent.WhichOneof("type") == "script_finished" and (
                sent.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                self._scheduler.finish_run(self._connection)
        if self._is_gone:
            return
        try:
            await self._send(message)
        except OSError:
            # The browser disconnected. Streamlit (1.67) would log an error; `receive` reports the
            # disconnect instead.
            self._is_gone = True

    async def _close(self, code: int) -> Message:
        await self.send({"type": "websocket.close", "code": code})
        self._is_gone = True
        return {"type": "websocket.disconnect", "code": code}


def _exceeds_limits(run: ClientState) -> bool:
    """Return whether a run asks for more work than any page needs."""
    return (
        len(run.query_string.encode()) > LONGEST_QUERY
        or len(run.widget_states.widgets) > MOST_WIDGETS
        or len(run.cached_message_hashes) > MOST_HASHES
    )
