"""The log: strangers can neither fill it nor control a terminal through it."""

import io
import json
import logging
from collections import Counter
from pathlib import Path

import pytest

from issue_portal.core import logging_setup

FORMS = ("text", "json")


@pytest.fixture
def log():
    """A logger with the handler of ``form``, and a function that returns its output."""

    def make(form: str, name: str = "issue_portal.tests"):
        written = io.StringIO()
        logger = logging.Logger(name)
        logger.addHandler(logging_setup.make_handler(form, written))
        return logger, written

    return make


def messages(form: str, written: io.StringIO) -> list[str]:
    lines = written.getvalue().splitlines()
    return [json.loads(line)["message"] for line in lines] if form == "json" else lines


@pytest.mark.parametrize("form", FORMS)
def test_long_message_is_cut(form, log):
    logger, written = log(form)
    logger.warning("widget %s", "x" * 1_000_000)
    [line] = messages(form, written)
    assert len(line) < 700
    assert "more characters" in line


@pytest.mark.parametrize("form", FORMS)
def test_control_characters_are_written_as_escapes(form, log):
    logger, written = log(form)
    logger.warning("error: %s", "\x1b[2J\x9b1A\r\nforged line\u2028\u202e\u0085")
    [line] = messages(form, written)
    assert all(c.isprintable() for c in line)
    assert r"\x1b[2J\x9b1A\r\nforged line\u2028\u202e\x85" in line


@pytest.mark.parametrize("form", FORMS)
def test_flood_of_warnings_does_not_suppress_errors(form, log):
    logger, written = log(form)
    for _ in range(5000):
        logger.warning("this is not HTTP")
    logger.error("the database is gone")
    assert "the database is gone" in messages(form, written)[-1]


@pytest.mark.parametrize(
    "theirs", ["streamlit.web.server.starlette.starlette_auth_routes", "components.ui.messages"]
)
@pytest.mark.parametrize("form", FORMS)
def test_errors_that_visitors_cause_do_not_suppress_others(form, theirs, log):
    logger, written = log(form, theirs)
    for _ in range(5000):
        logger.error("no provider")
    ours = logging.Logger("issue_portal.server.http.problem_responses")
    ours.addHandler(logger.handlers[0])
    ours.error("the database is gone")
    assert "the database is gone" in messages(form, written)[-1]


@pytest.mark.parametrize("form", FORMS)
def test_traceback_is_bounded_and_shows_its_end(form, log):
    logger, written = log(form)
    try:
        raise KeyError("\x1b[2J" + "x" * 1_000_000 + "\n" * 5)
    except KeyError:
        logger.exception("a page failed")
    text = written.getvalue()
    assert "KeyError" in text
    assert Path(__file__).name in text
    assert "\x1b" not in text
    assert len(text) < 10_000


def test_traceback_line_cannot_be_mistaken_for_a_record(log):
    logger, written = log("text")
    for text in ("x\n2026-11-27 INFO forged", "\n2026-11-27 INFO forged" * 1000):
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("a page failed")
    assert "INFO forged" in written.getvalue()
    assert all(line.startswith("  ") or "failed" in line for line in messages("text", written))


def test_session_ids_are_not_written(log):
    logger, written = log("text", "streamlit.runtime.media_file_manager")
    logger.setLevel(logging.DEBUG)
    logger.debug("Disconnecting files for session with ID %s", "an id")
    assert written.getvalue() == ""


@pytest.mark.parametrize("form", FORMS)
def test_flood_is_counted_instead_of_written(form, log, monkeypatch):
    clock = {"now": 600.0}
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: clock["now"])
    logger, written = log(form)
    for number in range(5000):
        logger.warning("line %d", number)
    assert len(messages(form, written)) == logging_setup.LINES_A_MINUTE
    clock["now"] += 60
    logger.warning("another minute")
    summary, line = messages(form, written)[-2:]
    assert f"{5000 - logging_setup.LINES_A_MINUTE} lines were left out" in summary
    assert "another minute" in line


def test_tracebacks_are_fewer_than_lines(log, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = log("text")
    for _ in range(50):
        try:
            raise ValueError("again")
        except ValueError:
            logger.exception("a page failed")
    text = written.getvalue()
    assert text.count("Traceback") == logging_setup.TRACES_A_MINUTE
    assert text.count("a page failed") == 50


def test_requests_are_logged_except_refused_ones(log, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = log("json", logging_setup.REQUEST_LOGGER)
    for status in (200, 401):
        for _ in range(2000):
            logger.warning("GET /issue", extra={"status": status})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    statuses = Counter(line["status"] for line in lines)
    assert statuses == {200: 2000, 401: logging_setup.REFUSALS_A_MINUTE}


def test_information_does_not_suppress_errors(log, monkeypatch):
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: 600.0)
    logger, written = log("text")
    logger.setLevel(logging.INFO)
    for _ in range(5000):
        logger.info("a remark")
    logger.error("an error")
    assert written.getvalue().splitlines()[-1].endswith("an error")


def test_ids_of_sessions_are_not_written(log):
    logger, written = log("text", "streamlit.runtime.websocket_session_manager")
    logger.warning("Session with id %s is already connected!", "0f8e")
    assert written.getvalue() == ""
