"""WebSocket messages: allowed types and sizes."""

import asyncio

import pytest

from tests.loops import run_in_loop
from web.script_scheduler import ScriptScheduler
from web.streamlit_compat import BackMsg, ForwardMsg
from web.websocket_messages import LONGEST_MESSAGE, LONGEST_QUERY, WebSocketMessages

NEEDED = {"rerun_script", "stop_script", "app_heartbeat"}
KINDS = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}


def message(kind: str) -> bytes:
    made = BackMsg()
    if BackMsg.DESCRIPTOR.fields_by_name[kind].message_type:
        getattr(made, kind).SetInParent()
    else:
        setattr(made, kind, True)
    return made.SerializeToString()


def exchange(*sent: dict) -> tuple[list[dict], list[dict]]:
    """Return the messages that Streamlit receives of ``sent``, and those that the browser gets."""
    left = [*sent, {"type": "websocket.disconnect", "code": 1005}]
    answered: list[dict] = []

    async def receive():
        return left.pop(0)

    async def send(event):
        answered.append(event)

    async def story():
        turns = ScriptScheduler()
        messages = WebSocketMessages(turns, turns.join(""), receive, send)
        events = []
        async with asyncio.timeout(10):
            while not events or events[-1]["type"] != "websocket.disconnect":
                events.append(await messages.receive())
        return events

    return run_in_loop(story), answered


def received(data: bytes) -> dict:
    return {"type": "websocket.receive", "bytes": data}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_only_needed_message_types_are_passed_on(kind):
    events, answered = exchange(received(message(kind)), received(message("rerun_script")))
    assert answered == []
    assert [event.get("bytes") for event in events[:-1]] == (
        [message(kind)] if kind in NEEDED else []
    ) + [message("rerun_script")]


def long_query() -> bytes:
    made = BackMsg()
    made.rerun_script.query_string = "x" * (LONGEST_QUERY + 1)
    return made.SerializeToString()


def many(content: str) -> bytes:
    """Return a short message that is much work for Streamlit."""
    made = BackMsg()
    for _ in range(6_000):
        if content == "widgets":
            made.rerun_script.widget_states.widgets.add()
        else:
            made.rerun_script.cached_message_hashes.append("")
    return made.SerializeToString()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (received(b"\x00" * (LONGEST_MESSAGE + 1)), 1009),
        (received(long_query()), 1009),
        (received(many("widgets")), 1009),
        (received(many("hashes")), 1009),
        (received(b"\xff\xff\xff"), 1002),
        ({"type": "websocket.receive", "text": "hello"}, 1003),
    ],
    ids=["too big", "too long a query", "widgets", "hashes", "not a message", "text"],
)
def test_invalid_message_closes_the_connection(event, code):
    events, answered = exchange(event, received(message("rerun_script")))
    assert events == [{"type": "websocket.disconnect", "code": code}]
    assert answered == [{"type": "websocket.close", "code": code}]


def test_longest_text_fits_into_a_message():
    made = BackMsg()
    made.rerun_script.widget_states.widgets.add().string_value = "🙂" * 50_000
    events, answered = exchange(received(made.SerializeToString()))
    assert len(events) == 2
    assert answered == []


def test_disconnected_browser_is_no_error():
    left = [received(message("rerun_script"))] * 3

    async def receive():
        return left.pop(0)

    async def send(_):
        raise OSError("gone")

    async def story():
        turns = ScriptScheduler()
        messages = WebSocketMessages(turns, turns.join(""), receive, send)
        assert (await messages.receive())["type"] == "websocket.receive"
        for _ in range(2):
            await messages.send({"type": "websocket.send", "bytes": b"x" * 1000})
        assert (await messages.receive())["type"] == "websocket.disconnect"

    run_in_loop(story)


def test_end_of_a_script_frees_its_slot():
    async def story():
        turns = ScriptScheduler()
        connection = turns.join("192.0.2.1")

        async def nothing(_):
            pass

        messages = WebSocketMessages(turns, connection, lambda: None, nothing)
        await turns.wait_for_turn(connection)
        for status, holds in (
            (ForwardMsg.FINISHED_EARLY_FOR_RERUN, True),
            (ForwardMsg.FINISHED_SUCCESSFULLY, False),
        ):
            said = ForwardMsg(script_finished=status).SerializeToString()
            await messages.send({"type": "websocket.send", "bytes": said})
            assert (connection in turns._slots) == holds

    run_in_loop(story)
