"""Log lines as text or JSON, with the id of their request.

Lines that clients can cause are limited in length and number per minute, so that clients cannot
fill the disk with log lines.
"""

import copy
import json
import logging
import os
import sys
import threading
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, TextIO

LONGEST_MESSAGE: Final = 500
"""Characters per message."""

LONGEST_TRACE: Final = 8_000
"""Characters per traceback, counted from its end."""

TRACES_A_MINUTE: Final = 10
"""Tracebacks per minute."""

LINES_A_MINUTE: Final = 300
"""Lines per minute of each group: errors of pages, other errors, warnings, other lines."""

REFUSALS_A_MINUTE: Final = 600
"""Lines per minute about refused API requests. Lines about successful requests have no limit."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the current request; None outside of requests."""

REQUEST_LOGGER: Final = "issue_portal.requests"
"""Logger with one line per API request."""

_EXTRA_FIELDS = ("request_id", "method", "route", "status", "milliseconds")
"""Fields of log records that JSON lines include, besides time, level, logger and message."""

_OWN_LOGGERS = ("issue_portal", "auth", "components", "web")
_PAGE_LOGGERS = ("streamlit", "components.ui.messages")
_SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_CRASH = "The program crashed."
_TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _RequestIdFilter(logging.Filter):
    """Adds the request id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "request_id", None) is None:
            record.request_id = request_id.get()
        return True


class _ConnectionFilter(logging.Filter):
    """Drops the lines that uvicorn (0.54) and websockets (17) log for each connection.

    Some of these lines contain client addresses, and together they would use up the budget.
    """

    _DROPPED = (
        "connection open",
        "connection closed",
        "connection rejected (%d %s)",
        "ASGI callable returned without completing handshake.",
    )

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        return "WebSocket %s" not in text and text not in self._DROPPED


class _SessionFilter(logging.Filter):
    """Drops the lines of Streamlit (1.67) that contain a session id, which is a bearer secret.

    Also drops Streamlit's line about a failed page: `components.ui.messages` logs the failure.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "streamlit.runtime.websocket_session_manager":
            return False
        if record.name.startswith("streamlit.runtime") and record.levelno < logging.INFO:
            return False
        return (record.name, record.msg) != ("streamlit.error_util", "Uncaught app execution")


class MinuteBudget:
    """A number of events that are allowed in each minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._minute = 0
        self._count = 0

    def spend(self) -> bool:
        """Count one event; return whether it is within the budget."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= self._limit


class _BudgetHandler(logging.StreamHandler[TextIO]):
    """Writes log lines within a budget for each group of lines.

    Clients can cause errors of pages and of Streamlit, so these errors have their own budget.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._errors = MinuteBudget(LINES_A_MINUTE)
        self._page_errors = MinuteBudget(LINES_A_MINUTE)
        self._warnings = MinuteBudget(LINES_A_MINUTE)
        self._infos = MinuteBudget(LINES_A_MINUTE)
        self._refusals = MinuteBudget(REFUSALS_A_MINUTE)
        self._traces = MinuteBudget(TRACES_A_MINUTE)
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        budget = self._find_budget(record)
        if budget and not budget.spend():
            self._dropped += 1
            return
        if self._dropped and budget:
            count, self._dropped = self._dropped, 0
            super().emit(
                _copy_with_message(record, f"{count} lines were left out: too many at once")
            )
        if record.exc_info and not self._traces.spend():
            record = _copy_with_message(
                record, f"{record.getMessage()} (traceback left out: too many)"
            )
        super().emit(record)

    def _find_budget(self, record: logging.LogRecord) -> MinuteBudget | None:
        """Return the budget of a record; None for a successful request, which has no limit."""
        if record.name == REQUEST_LOGGER:
            return self._refusals if getattr(record, "status", 0) >= 400 else None
        if record.levelno >= logging.ERROR:
            is_page_error = record.name.startswith(_PAGE_LOGGERS)
            return self._page_errors if is_page_error else self._errors
        return self._warnings if record.levelno >= logging.WARNING else self._infos


def _copy_with_message(record: logging.LogRecord, message: str) -> logging.LogRecord:
    """Return a copy of a record with another message. Other handlers use the original."""
    copied = copy.copy(record)
    copied.msg, copied.args = message, None
    copied.exc_info = copied.exc_text = copied.stack_info = None
    return copied


def _escape_unprintable(text: str) -> str:
    """Escape the characters that could move a terminal's cursor or break a line."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def _format_message(record: logging.LogRecord) -> str:
    """Return the message of a record on one line, of at most `LONGEST_MESSAGE` characters."""
    text = record.getMessage()
    more = len(text) - LONGEST_MESSAGE
    cut = f" … and {more} more characters" if more > 0 else ""
    return _escape_unprintable(text[:LONGEST_MESSAGE]) + cut


class _TraceFormatter(logging.Formatter):
    """Indents tracebacks: client input in a traceback could otherwise look like a log line."""

    def formatException(self, ei: object) -> str:
        lines = super().formatException(ei).split("\n")  # type: ignore[arg-type]
        text = "\n  ".join(_escape_unprintable(line[:LONGEST_MESSAGE]) for line in lines)
        return "  " + text[-LONGEST_TRACE:]


class _JsonFormatter(_TraceFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _format_message(record),
        }
        line |= {
            name: value
            for name in _EXTRA_FIELDS
            if (value := getattr(record, name, None)) is not None
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _TextFormatter(_TraceFormatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _format_message(record)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # Another handler may have cached the traceback at full length.
        request = getattr(record, "request_id", None)
        return super().format(record) + (f" [request {request}]" if request else "")


def make_handler(log_format: Literal["text", "json"], stream: TextIO) -> logging.Handler:
    """Return a handler that writes log lines to ``stream``."""
    handler = _BudgetHandler(stream)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter(_TEXT_FORMAT))
    handler.addFilter(_RequestIdFilter())
    handler.addFilter(_SessionFilter())
    return handler


def configure_logging(log_format: Literal["text", "json"]) -> None:
    """Log warnings and errors to standard error.

    If ``log_format`` is "json", also log info lines of `_OWN_LOGGERS`.
    """
    logging.getLogger().handlers = [make_handler(log_format, sys.stderr)]
    # The access lines of uvicorn contain client addresses and search texts.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_ConnectionFilter())
    for name in _SERVER_LOGGERS:
        # uvicorn has installed its own handlers.
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    if log_format == "json":
        for name in _OWN_LOGGERS:
            logging.getLogger(name).setLevel(logging.INFO)
        logging.captureWarnings(True)
        sys.excepthook = _log_crash
        threading.excepthook = _log_thread_crash


def find_early_format() -> Literal["text", "json"]:
    """Return the log format in the environment, for errors before the settings are read."""
    return "json" if os.environ.get("ISSUES_LOG") == "json" else "text"


def print_notice(text: str, level: int = logging.INFO) -> None:
    """Print a message of the start to standard error, as one JSON line if logs are JSON.

    It is not a log record: it may contain the first passwords, and levels do not filter it.
    """
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    is_configured = any(isinstance(formatter, _TraceFormatter) for formatter in formatters)
    is_json = any(isinstance(formatter, _JsonFormatter) for formatter in formatters)
    if is_json or (not is_configured and find_early_format() == "json"):
        message = " ".join(text.split())
        record = logging.LogRecord("issue_portal", level, "", 0, message, None, None)
        text = _JsonFormatter().format(record)
    sys.stderr.write(f"{text}\n")


def _log_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("issue_portal").critical(_CRASH, exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None:
        _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
