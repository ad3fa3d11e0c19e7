"""WebSocket messages: allowed types and sizes."""

import asyncio

import pytest

from tests.loops import run_in_loop
from web.script_scheduler import ScriptScheduler
from web.streamlit_compat import BackMsg, ForwardMsg
from web.websocket_messages import LONGEST_MESSAGE, LONGEST_QUERY, WebSocketMessages

NEEDED = {"rerun_script", "stop_script", "app_heartbeat"}
MESSAGE_TYPES = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}


def make_message(message_type: str) -> bytes:
    message = BackMsg()
    if BackMsg.DESCRIPTOR.fields_by_name[message_type].message_type:
        getattr(message, message_type).SetInParent()
    else:
        setattr(message, message_type, True)
    return message.SerializeToString()


def send_messages(*messages: dict) -> tuple[list[dict], list[dict]]:
    """Send messages of a browser.

    Returns the messages that Streamlit receives, and the messages that the browser receives.
    """
    remaining = [*messages, {"type": "websocket.disconnect", "code": 1005}]
    to_browser: list[dict] = []

    async def receive():
        return remaining.pop(0)

    async def send(event):
        to_browser.append(event)

    async def run_scenario():
        scheduler = ScriptScheduler()
        connection = WebSocketMessages(scheduler, scheduler.join(""), receive, send)
        to_streamlit = []
        async with asyncio.timeout(10):
            while not to_streamlit or to_streamlit[-1]["type"] != "websocket.disconnect":
                to_streamlit.append(await connection.receive())
        return to_streamlit

    return run_in_loop(run_scenario), to_browser


def make_event(data: bytes) -> dict:
    return {"type": "websocket.receive", "bytes": data}


@pytest.mark.parametrize("message_type", sorted(MESSAGE_TYPES))
def test_only_needed_message_types_are_passed_on(message_type):
    data, rerun = make_message(message_type), make_message("rerun_script")
    to_streamlit, to_browser = send_messages(make_event(data), make_event(rerun))
    assert to_browser == []
    expected = [data, rerun] if message_type in NEEDED else [rerun]
    assert [event.get("bytes") for event in to_streamlit[:-1]] == expected


def make_long_query() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "x" * (LONGEST_QUERY + 1)
    return message.SerializeToString()


def make_expensive_message(field: str) -> bytes:
    """Return a short message with 6,000 widgets or hashes, which take Streamlit long to process."""
    message = BackMsg()
    for _ in range(6_000):
        if field == "widgets":
            message.rerun_script.widget_states.widgets.add()
        else:
            message.rerun_script.cached_message_hashes.append("")
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (make_event(b"\x00" * (LONGEST_MESSAGE + 1)), 1009),
        (make_event(make_long_query()), 1009),
        (make_event(make_expensive_message("widgets")), 1009),
        (make_event(make_expensive_message("hashes")), 1009),
        (make_event(b"\xff\xff\xff"), 1002),
        ({"type": "websocket.receive", "text": "hello"}, 1003),
    ],
    ids=["long message", "long query", "widgets", "hashes", "invalid message", "text"],
)
def test_invalid_message_closes_the_connection(event, code):
    to_streamlit, to_browser = send_messages(event, make_event(make_message("rerun_script")))
    assert to_streamlit == [{"type": "websocket.disconnect", "code": code}]
    assert to_browser == [{"type": "websocket.close", "code": code}]


def test_longest_text_fits_into_a_message():
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add().string_value = "🙂" * 50_000
    to_streamlit, to_browser = send_messages(make_event(message.SerializeToString()))
    assert len(to_streamlit) == 2
    assert to_browser == []


def test_sending_to_a_disconnected_browser_raises_no_error():
    remaining = [make_event(make_message("rerun_script"))] * 3

    async def receive():
        return remaining.pop(0)

    async def send(_):
        raise OSError("disconnected")

    async def run_scenario():
        scheduler = ScriptScheduler()
        messages = WebSocketMessages(scheduler, scheduler.join(""), receive, send)
        assert (await messages.receive())["type"] == "websocket.receive"
        for _ in range(2):
            await messages.send({"type": "websocket.send", "bytes": b"x" * 1000})
        assert (await messages.receive())["type"] == "websocket.disconnect"

    run_in_loop(run_scenario)


def test_end_of_a_script_frees_its_slot():
    async def run_scenario():
        scheduler = ScriptScheduler()
        connection = scheduler.join("192.0.2.1")

        async def send(_):
            pass

        messages = WebSocketMessages(scheduler, connection, lambda: None, send)
        await scheduler.wait_for_turn(connection)
        for status, has_slot in (
            (ForwardMsg.FINISHED_EARLY_FOR_RERUN, True),
            (ForwardMsg.FINISHED_SUCCESSFULLY, False),
        ):
            data = ForwardMsg(script_finished=status).SerializeToString()
            await messages.send({"type": "websocket.send", "bytes": data})
            assert (connection in scheduler._slots) == has_slot

    run_in_loop(run_scenario)
