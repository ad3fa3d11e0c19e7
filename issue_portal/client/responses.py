"""Outcomes of one request: a response or none, the error to raise, and whether to retry.

Errors end up in logs, so they neither contain the request nor chain an error that contains it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from issue_portal.client.errors import BadResponseError, IssuesError, UnreachableError, make_error
from issue_portal.models.responses import FieldError, Issue, Problem

Model = TypeVar("Model", bound=BaseModel)

_RETRY_STATUSES = {408, 429, 502, 503, 504}
_UNSURE_STATUSES = {408, 500, 502, 503, 504}
"""Statuses of requests that the server may have acted on."""

_LONGEST_WAIT = 10.0
"""Longest ``Retry-After`` in seconds that the client waits for."""

_LONGEST_TEXT = 1000
"""Characters to keep of a text from the server."""

TIMED_OUT = "The server did not respond in time."


@dataclass(frozen=True)
class NoResponse:
    """No response, or only a part of it."""

    message: str
    never_sent: bool = False
    """Whether the request was not sent, so that repeating it is safe."""
    final: bool = False
    """Whether another attempt would fail in the same way."""
    request_id: str | None = None
    """Identifies the request in the server's log, if it arrived."""

    @property
    def reason(self) -> str:
        """The reason in a word or two that are safe to log."""
        return "unreachable" if self.never_sent else "no response"

    @property
    def unsure(self) -> bool:
        """Whether the server may have acted on the request."""
        return not self.never_sent

    @property
    def retry_delay(self) -> float | None:
        """Seconds to wait before another attempt; None if another attempt cannot help."""
        return None if self.final else 0.0

    def error(self) -> IssuesError | None:
        """Return the exception for this outcome."""
        return _attach_request_id(UnreachableError(self.message), self.request_id)


@dataclass(frozen=True)
class ReceivedResponse:
    """A complete response."""

    status: int
    headers: httpx.Headers
    body: bytes = b""
    flaw: str | None = None
    """Reason why ``body`` is unusable; None if it is usable."""
    request_id: str | None = None
    """Identifies the request in the server's log."""

    @property
    def reason(self) -> str:
        """The reason for a failure, safe to log."""
        return f"HTTP {self.status}"

    @property
    def unsure(self) -> bool:
        """Whether the server may have acted on the request although it failed."""
        return self.status in _UNSURE_STATUSES

    @property
    def retry_delay(self) -> float | None:
        """Seconds to wait before another attempt; None if another attempt cannot help."""
        requested = _parse_retry_after(self.headers) or 0.0
        is_worthwhile = self.status in _RETRY_STATUSES and requested <= _LONGEST_WAIT
        return requested if is_worthwhile else None

    def error(self) -> IssuesError | None:
        """Return the exception for this outcome, or None for a success."""
        if 200 <= self.status < 300:
            return None
        if self.status < 400:
            return self._make_bad_response_error(_describe_redirect(self))
        failure = make_error(_parse_problem(self), _parse_retry_after(self.headers))
        return _attach_request_id(failure, self.request_id)

    def read(self, model: type[Model]) -> Model:
        """Parse the body as a ``model``. Raises `BadResponseError`."""
        return self._validate(model, self.json())

    def issue(self) -> Issue:
        """Parse the body as an issue, with its entity tag."""
        # Compressing proxies weaken tags, and a weak tag never matches (RFC 9110, 13.1.1).
        etag = self.headers.get("etag", "").removeprefix("W/")
        issue = self.read(Issue)
        return issue.model_copy(update={"etag": etag}) if etag and etag.isascii() else issue

    def page(self, model: type[Model]) -> Model:
        """Parse the body as a page; some servers send a plain list."""
        document = self.json()
        if isinstance(document, list):
            document = {"data": document}
        return self._validate(model, document)

    def json(self) -> Any:
        """Parse the body as JSON. Raises `BadResponseError`, also if it is null."""
        if self.flaw:
            raise self._make_bad_response_error(self.flaw)
        document = _parse_json(self.body)
        if document is None:
            raise self._make_bad_response_error("The server's response is not JSON.")
        return document

    def _validate(self, model: type[Model], document: Any) -> Model:
        try:
            return model.model_validate(document)
        except ValidationError as error:
            fields = {".".join(map(str, item["loc"])) for item in error.errors(include_input=False)}
        invalid = ", ".join(sorted(fields)[:5])[:_LONGEST_TEXT] or "body"
        raise self._make_bad_response_error(f"The server's response is invalid: {invalid}.")

    def _make_bad_response_error(self, text: str) -> IssuesError:
        error = BadResponseError(text)
        error.status = self.status
        return _attach_request_id(error, self.request_id)


Outcome = ReceivedResponse | NoResponse


def _attach_request_id(error: IssuesError, request_id: str | None) -> IssuesError:
    error.request_id = request_id
    return error


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _describe_redirect(response: ReceivedResponse) -> str:
    text = f"The server responded with a redirect ({response.status})"
    try:
        target = httpx.URL(response.headers.get("location", ""))
        host, port = target.host, f":{target.port}" if target.port else ""
    except (httpx.InvalidURL, ValueError):
        return f"{text}."
    if not host:
        return f"{text} to itself. Redirects are not followed: check the server's URL."
    where = f"{target.scheme}://{host}{port}"
    return f"{text} to {where}. Redirects are not followed: correct the server's URL."


def _parse_problem(response: ReceivedResponse) -> Problem:
    """Parse a problem document, or an error document in another format, or a plain text."""
    document = _parse_json(response.body)
    if not isinstance(document, dict):
        document = {"detail": _read_plain_text(response)}
    nested = document.get("error")
    texts = [document.get(name) for name in ("detail", "message", "error_description", "error")]
    texts += (
        [nested.get(name) for name in ("message", "detail")] if isinstance(nested, dict) else []
    )
    text = next((_clean_text(item) for item in texts if item and isinstance(item, str)), None)
    fields = _parse_field_errors(document.get("errors")) or _parse_field_errors(
        document.get("detail")
    )
    if text is None and fields:
        text = "; ".join(f"{item.field}: {item.message}" for item in fields[:3])
    problem_type, title = document.get("type"), document.get("title")
    codes = (document.get("code"), nested.get("code") if isinstance(nested, dict) else None)
    return Problem(
        type=_clean_text(problem_type) if isinstance(problem_type, str) else "about:blank",
        title=_clean_text(title) if isinstance(title, str) else _get_phrase(response.status),
        status=response.status,
        detail=text,
        code=next((_clean_text(code) for code in codes if code and isinstance(code, str)), None),
        errors=fields,
    )


def _read_plain_text(response: ReceivedResponse) -> str | None:
    """Return the body if it is plain text. An HTML page, often from a proxy, explains nothing."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "text/plain":
        return None
    text = " ".join(response.body.decode(errors="replace").split())
    return text if text[:1] != "<" else None


def _parse_field_errors(items: Any) -> tuple[FieldError, ...]:
    """Parse a list of invalid fields, in this API's format or FastAPI's (``loc`` and ``msg``)."""
    if not isinstance(items, list):
        return ()
    return tuple(_parse_field_error(item) for item in items[:100] if isinstance(item, dict))


def _parse_field_error(item: Mapping[str, Any]) -> FieldError:
    location = item.get("loc")
    path = [str(part) for part in location[1:]] if isinstance(location, list) else []
    field = item.get("field") or ".".join(path) or "body"
    message = item.get("message") or item.get("msg") or "is invalid"
    code = item.get("code")
    return FieldError(
        field=_clean_text(str(field)),
        message=_clean_text(str(message)),
        code=_clean_text(code) if isinstance(code, str) else None,
    )


def _clean_text(text: str) -> str:
    """Shorten a server's text and replace halves of surrogate pairs, which cannot be encoded."""
    return text[:_LONGEST_TEXT].encode(errors="replace").decode()


def _get_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _parse_retry_after(headers: httpx.Headers) -> float | None:
    value = headers.get("retry-after", "")
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
