"""What came of one request: an answer or none, what it says, and whether asking again may help.

Nothing here repeats what was sent, nor chains an error that does: errors end up in logs.
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
from issue_portal.models.responses import FieldError, Issue, Problem, UserPage

Received = TypeVar("Received", bound=BaseModel)

_RETRIED = {429, 502, 503, 504}
_MAY_HAVE_ACTED = {500, 502, 503, 504}
_LONGEST_WAIT = 10.0
"""Seconds of ``Retry-After`` above which it is the caller who decides whether to wait."""

_LONGEST_TEXT = 1000
"""Characters of a server's explanation that are kept."""


@dataclass(frozen=True)
class NoResponse:
    """Nothing came back, or not all of it."""

    message: str
    never_sent: bool = False
    """The request did not leave: repeating it is always safe."""
    final: bool = False
    """Another attempt would fail in the same way."""
    request_id: str | None = None
    """By which the server's operator may find the request."""

    @property
    def reason(self) -> str:
        """Why, in a word or two that are safe to log."""
        return "not reachable" if self.never_sent else "no answer"

    @property
    def unsure(self) -> bool:
        """Whether the server may have acted on the request."""
        return not self.never_sent

    @property
    def wait(self) -> float | None:
        """Seconds the server asks to wait before another attempt; None if that cannot help."""
        return None if self.final else 0.0

    def error(self) -> IssuesError | None:
        """The exception this is."""
        return _attach_request_id(UnreachableError(self.message), self.request_id)


@dataclass(frozen=True)
class ReceivedResponse:
    """The answer of a server, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes = b""
    flaw: str | None = None
    """Why ``body`` cannot be used."""
    request_id: str | None = None
    """By which the server's operator finds the request."""

    @property
    def reason(self) -> str:
        """Why it is no success, in a word that is safe to log."""
        return f"HTTP {self.status}"

    @property
    def unsure(self) -> bool:
        """Whether the server may have acted on the request although this is no success."""
        return self.status in _MAY_HAVE_ACTED

    @property
    def wait(self) -> float | None:
        """Seconds the server asks to wait before another attempt; None if that cannot help."""
        asked = _parse_retry_after(self.headers) or 0.0
        return asked if self.status in _RETRIED and asked <= _LONGEST_WAIT else None

    def error(self) -> IssuesError | None:
        """The exception this is, or None for a success."""
        if 200 <= self.status < 300:
            return None
        if self.status < 400:
            return BadResponseError(_describe_redirect(self))
        failure = make_error(_parse_problem(self), _parse_retry_after(self.headers))
        return _attach_request_id(failure, self.request_id)

    def read(self, model: type[Received]) -> Received:
        """The body as a ``model``. Raises `BadResponseError`."""
        return _validate(model, self._json())

    def issue(self) -> Issue:
        """The body as an issue, with the entity tag it came with."""
        # A proxy that compresses makes a tag weak, and a weak one never matches (RFC 9110, 13.1.1).
        etag = self.headers.get("etag", "").removeprefix("W/")
        issue = self.read(Issue)
        return issue.model_copy(update={"etag": etag}) if etag and etag.isascii() else issue

    def users(self) -> UserPage:
        """The body as a page of users; some servers answer a plain list of all."""
        document = self._json()
        if isinstance(document, list):
            document = {"data": document}
        return _validate(UserPage, document)

    def _json(self) -> Any:
        if self.flaw:
            raise BadResponseError(self.flaw)
        document = _parse_json(self.body)
        if document is None:
            raise BadResponseError("The server's answer is not JSON.")
        return document


Outcome = ReceivedResponse | NoResponse


def _attach_request_id(error: IssuesError, request_id: str | None) -> IssuesError:
    error.request_id = request_id
    return error


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _validate(model: type[Received], document: Any) -> Received:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        fields = {".".join(map(str, item["loc"])) for item in error.errors(include_input=False)}
    at_fault = ", ".join(sorted(fields)[:5])[:_LONGEST_TEXT] or "the whole"
    raise BadResponseError(f"The server's answer is not as expected: {at_fault}.")


def _describe_redirect(answer: ReceivedResponse) -> str:
    text = f"The server answered with a redirect ({answer.status})"
    try:
        target = httpx.URL(answer.headers.get("location", ""))
        host, port = target.host, f":{target.port}" if target.port else ""
    except (httpx.InvalidURL, ValueError):
        return f"{text}."
    if not host:
        return f"{text} within itself. Redirects are not followed: check its address."
    where = f"{target.scheme}://{host}{port}"
    return f"{text} to {where}. Redirects are not followed: correct the server's address."


def _parse_problem(answer: ReceivedResponse) -> Problem:
    """The problem document of an answer, or what another form of error document says."""
    document = _parse_json(answer.body)
    if not isinstance(document, dict):
        document = {}
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
    return Problem(
        type=_clean_text(problem_type) if isinstance(problem_type, str) else "about:blank",
        title=_clean_text(title) if isinstance(title, str) else _get_phrase(answer.status),
        status=answer.status,
        detail=text,
        errors=fields,
    )


def _parse_field_errors(items: Any) -> tuple[FieldError, ...]:
    """The fields at fault, of a problem document or in FastAPI's form (``loc``, ``msg``)."""
    if not isinstance(items, list):
        return ()
    return tuple(_parse_field_error(item) for item in items[:100] if isinstance(item, dict))


def _parse_field_error(item: Mapping[str, Any]) -> FieldError:
    place = item.get("loc")
    path = [str(part) for part in place[1:]] if isinstance(place, list) else []
    field = item.get("field") or ".".join(path) or "body"
    message = item.get("message") or item.get("msg") or "is not valid"
    return FieldError(field=_clean_text(str(field)), message=_clean_text(str(message)))


def _clean_text(text: str) -> str:
    """What a server says, not too long and without halves of characters, which cannot be sent."""
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
