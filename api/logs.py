"""Log lines: as text, or as one JSON document a line, with the id of the request they belong to.

Of what a line of ours or of a library carries along, only what is named here gets into it.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered, if any."""

_FIELDS = ("request_id", "method", "route", "status", "milliseconds")
_OWN = ("api", "components")
_SERVER = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Marked(logging.Filter):
    """Gives each record the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "request_id", None) is None:
            record.request_id = request_id.get()
        return True


class _NoAddresses(logging.Filter):
    """Drops the lines of uvicorn (0.54) that tell from which address somebody came."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "WebSocket %s" not in str(record.msg)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {
            name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        marked = getattr(record, "request_id", None)
        return super().format(record) + (f" [request {marked}]" if marked else "")


def configure(form: Literal["text", "json"]) -> None:
    """Write to standard error from now on: warnings as text, or all that is worth it as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text(_TEXT))
    handler.addFilter(_Marked())
    logging.getLogger().handlers = [handler]
    # However the server was started: its access lines have addresses and searches in them.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_NoAddresses())
    if form == "text":
        return
    for name in _OWN:
        logging.getLogger(name).setLevel(logging.INFO)
    for name in _SERVER:
        # It comes with handlers of its own.
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
