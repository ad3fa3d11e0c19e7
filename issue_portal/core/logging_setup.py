"""Log lines: as text, or as one JSON document a line, with the id of the request they belong to.

Of what a line of ours or of a library carries along, only what is named here gets into it. What
somebody else can make long or frequent is cut short: a log must not fill the disk.
"""

import copy
import json
import logging
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

LONGEST_MESSAGE: Final = 500
"""Characters of one message."""

LONGEST_TRACE: Final = 8_000
"""Characters of one traceback, of which its end is kept."""

TRACES_A_MINUTE: Final = 10
LINES_A_MINUTE: Final = 300
"""Of errors, as many of Streamlit's, of warnings and of remarks: none crowds out what is worse."""

REFUSALS_A_MINUTE: Final = 600
"""Lines of requests to the API that were refused; those that were answered have a line each."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered, if any."""

REQUEST_LOGGER: Final = "issue_portal.requests"
"""The logger of requests to the API, which writes a line for each."""

_EXTRA_FIELDS = ("request_id", "method", "route", "status", "milliseconds")
_OWN_LOGGERS = ("issue_portal", "auth", "components", "web")
_PAGE_LOGGERS = ("streamlit", "components.ui.messages")
_SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _RequestIdFilter(logging.Filter):
    """Gives each record the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "request_id", None) is None:
            record.request_id = request_id.get()
        return True


class _ConnectionFilter(logging.Filter):
    """Drops the lines of uvicorn (0.54) and websockets (17) for each connection.

    Some tell from which address somebody came, and all would crowd out what matters.
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
    """Drops the lines of Streamlit (1.67) with the id of a session, by which it is resumed.

    Also the one about a script that failed, which `components.ui.messages` logs itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "streamlit.runtime.websocket_session_manager":
            return False
        if record.name.startswith("streamlit.runtime") and record.levelno < logging.INFO:
            return False
        return (record.name, record.msg) != ("streamlit.error_util", "Uncaught app execution")


class LogBudget:
    """How many there may be in each minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minute = 0
        self._count = 0

    def spend(self) -> bool:
        """Take one; returns whether there was one left."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= self._most


class _BudgetHandler(logging.StreamHandler[TextIO]):
    """Writes lines, but no more than the log can bear.

    What Streamlit calls an error, or fails on a page, anybody may cause by what they send: it does
    not crowd out other errors.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._errors = LogBudget(LINES_A_MINUTE)
        self._errors_of_pages = LogBudget(LINES_A_MINUTE)
        self._warnings = LogBudget(LINES_A_MINUTE)
        self._remarks = LogBudget(LINES_A_MINUTE)
        self._refusals = LogBudget(REFUSALS_A_MINUTE)
        self._traces = LogBudget(TRACES_A_MINUTE)
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        budget = self._budget(record)
        if budget and not budget.spend():
            self._left_out += 1
            return
        if self._left_out and budget:
            count, self._left_out = self._left_out, 0
            super().emit(
                _copy_with_message(record, f"{count} lines were left out: too many came at once")
            )
        if record.exc_info and not self._traces.spend():
            record = _copy_with_message(
                record, f"{record.getMessage()} (one of many: without its traceback)"
            )
        super().emit(record)

    def _budget(self, record: logging.LogRecord) -> LogBudget | None:
        if record.name == REQUEST_LOGGER:
            return self._refusals if getattr(record, "status", 0) >= 400 else None
        if record.levelno >= logging.ERROR:
            is_of_pages = record.name.startswith(_PAGE_LOGGERS)
            return self._errors_of_pages if is_of_pages else self._errors
        return self._warnings if record.levelno >= logging.WARNING else self._remarks


def _copy_with_message(record: logging.LogRecord, message: str) -> logging.LogRecord:
    """A record like this one that says something else; others may get the same record."""
    handler = copy.copy(record)
    handler.msg, handler.args = message, None
    handler.exc_info = handler.exc_text = handler.stack_info = None
    return handler


def _escape_unprintable(text: str) -> str:
    """``text`` with what could move a terminal's cursor or break a line as escape sequences."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def _format_message(record: logging.LogRecord) -> str:
    """What a record says, on one line and not too long."""
    text = record.getMessage()
    more = len(text) - LONGEST_MESSAGE
    cut = f" … and {more} characters more" if more > 0 else ""
    return _escape_unprintable(text[:LONGEST_MESSAGE]) + cut


class _TraceFormatter(logging.Formatter):
    """Formats tracebacks, whose last lines say what somebody sent: so none begins as a record."""

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
        record.exc_text = None  # Another handler may have formatted it at its full length.
        request = getattr(record, "request_id", None)
        return super().format(record) + (f" [request {request}]" if request else "")


def make_handler(form: Literal["text", "json"], stream: TextIO) -> logging.Handler:
    """Writes log lines of this form to ``stream``."""
    handler = _BudgetHandler(stream)
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter(_TEXT_FORMAT))
    handler.addFilter(_RequestIdFilter())
    handler.addFilter(_SessionFilter())
    return handler


def configure_logging(form: Literal["text", "json"]) -> None:
    """Write to standard error from now on: warnings as text, or all that is worth it as JSON."""
    logging.getLogger().handlers = [make_handler(form, sys.stderr)]
    # However the server was started: its access lines have addresses and searches in them.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_ConnectionFilter())
    for name in _SERVER_LOGGERS:
        # It comes with handlers of its own.
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    if form == "json":
        for name in _OWN_LOGGERS:
            logging.getLogger(name).setLevel(logging.INFO)
