"""The log: visitors can neither fill the log nor control a terminal through it."""

import io
import json
import logging
from collections import Counter
from pathlib import Path

import pytest

from issue_portal.core import logging_setup

FORMATS = ("text", "json")


@pytest.fixture
def make_logger():
    """Return a function that makes a logger with our handler, and the stream that it writes to."""

    def make(log_format: str, name: str = "issue_portal.tests"):
        written = io.StringIO()
        logger = logging.Logger(name)
        logger.addHandler(logging_setup.make_handler(log_format, written))
        return logger, written

    return make


def read_messages(log_format: str, written: io.StringIO) -> list[str]:
    lines = written.getvalue().splitlines()
    return [json.loads(line)["message"] for line in lines] if log_format == "json" else lines


@pytest.mark.parametrize("log_format", FORMATS)
def test_long_message_is_cut(log_format, make_logger):
    logger, written = make_logger(log_format)
    logger.warning("widget %s", "x" * 1_000_000)
    [line] = read_messages(log_format, written)
    assert len(line) < 700
    assert "more characters" in line


@pytest.mark.parametrize("log_format", FORMATS)
def test_control_characters_are_written_as_escapes(log_format, make_logger):
    logger, written = make_logger(log_format)
    logger.warning("error: %s", "\x1b[2J\x9b1A\r\nforged line\u2028\u202e\u0085")
    [line] = read_messages(log_format, written)
    assert all(c.isprintable() for c in line)
    assert r"\x1b[2J\x9b1A\r\nforged line\u2028\u202e\x85" in line


@pytest.mark.parametrize("log_format", FORMATS)
def test_flood_of_warnings_does_not_suppress_errors(log_format, make_logger):
    logger, written = make_logger(log_format)
    for _ in range(5000):
        logger.warning("this is not HTTP")
    logger.error("the database is gone")
    assert "the database is gone" in read_messages(log_format, written)[-1]


@pytest.mark.parametrize(
    "logger_name",
    ["streamlit.web.server.starlette.starlette_auth_routes", "components.ui.messages"],
)
@pytest.mark.parametrize("log_format", FORMATS)
def test_errors_that_visitors_cause_do_not_suppress_other_errors(
    log_format, logger_name, make_logger
):
    logger, written = make_logger(log_format, logger_name)
    for _ in range(5000):
        logger.error("no provider")
    api_logger = logging.Logger("issue_portal.server.http.problem_responses")
    api_logger.addHandler(logger.handlers[0])
    api_logger.error("the database is gone")
    assert "the database is gone" in read_messages(log_format, written)[-1]


@pytest.mark.parametrize("log_format", FORMATS)
def test_traceback_is_cut_and_keeps_its_end(log_format, make_logger):
    logger, written = make_logger(log_format)
    try:
        raise KeyError("\x1b[2J" + "x" * 1_000_000 + "\n" * 5)
    except KeyError:
        logger.exception("a page failed")
    text = written.getvalue()
    assert "KeyError" in text
    assert Path(__file__).name in text
    assert "\x1b" not in text
    assert len(text) < 10_000


def test_traceback_line_cannot_be_mistaken_for_a_record(make_logger):
    logger, written = make_logger("text")
    for text in ("x\n2026-11-27 INFO forged", "\n2026-11-27 INFO forged" * 1000):
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("a page failed")
    assert "INFO forged" in written.getvalue()
    assert all(line.startswith("  ") or "failed" in line for line in read_messages("text", written))


def test_debug_lines_with_session_ids_are_dropped(make_logger):
    logger, written = make_logger("text", "streamlit.runtime.media_file_manager")
    logger.setLevel(logging.DEBUG)
    logger.debug("Disconnecting files for session with ID %s", "an id")
    assert written.getvalue() == ""


@pytest.mark.parametrize("log_format", FORMATS)
def test_number_of_dropped_lines_is_logged(log_format, make_logger, monkeypatch):
    clock = {"now": 600.0}
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: clock["now"])
    logger, written = make_logger(log_format)
    for number in range(5000):
        logger.warning("line %d", number)
    assert len(read_messages(log_format, written)) == logging_setup.LINES_A_MINUTE
    clock["now"] += 60
    logger.warning("another minute")
    notice, line = read_messages(log_format, written)[-2:]
    assert f"{5000 - logging_setup.LINES_A_MINUTE} lines were left out" in notice
    assert "another minute" in line


def test_tracebacks_have_a_lower_limit_than_lines(make_logger, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = make_logger("text")
    for _ in range(50):
        try:
            raise ValueError("again")
        except ValueError:
            logger.exception("a page failed")
    text = written.getvalue()
    assert text.count("Traceback") == logging_setup.TRACES_A_MINUTE
    assert text.count("a page failed") == 50


def test_only_refused_requests_are_limited(make_logger, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = make_logger("json", logging_setup.REQUEST_LOGGER)
    for status in (200, 401):
        for _ in range(2000):
            logger.warning("GET /issue", extra={"status": status})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    counts = Counter(line["status"] for line in lines)
    assert counts == {200: 2000, 401: logging_setup.REFUSALS_A_MINUTE}


def test_flood_of_info_lines_does_not_suppress_errors(make_logger, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = make_logger("text")
    logger.setLevel(logging.INFO)
    for _ in range(5000):
        logger.info("a remark")
    logger.error("an error")
    assert written.getvalue().splitlines()[-1].endswith("an error")


def test_warnings_with_session_ids_are_dropped(make_logger):
    logger, written = make_logger("text", "streamlit.runtime.websocket_session_manager")
    logger.warning("Session with id %s is already connected!", "0f8e")
    assert written.getvalue() == ""
