"""Sends a request until its outcome is final, within the limits of one client."""

import itertools
import logging
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from issue_portal.client.configuration import check_limits, is_header_safe
from issue_portal.client.errors import AuthenticationError, IssuesError
from issue_portal.client.responses import TIMED_OUT, NoResponse, Outcome, ReceivedResponse
from issue_portal.client.server_memory import ServerMemory
from issue_portal.client.steps import ClientRequest, Pause, RequestSteps
from issue_portal.models.responses import Problem
from issue_portal.models.vocabulary import REQUEST_ID_HEADER

log = logging.getLogger("issue_portal.client")

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_FIRST_PAUSE: Final = 0.2
_UNSURE: Final = "The server may have stored it anyway."

_PROBE: Final = ClientRequest("GET", "/me")
"""A cheap request. Its response says whether the server keeps idempotency keys, even a 401."""


@dataclass
class RequestSender:
    """The settings of one client, and what its server has shown about itself."""

    base_url: str
    token: str | Callable[[], str] = field(repr=False)
    headers: httpx.Headers = field(repr=False)
    """The headers of every request except ``Authorization``."""
    timeout: float
    """Longest wait for the next byte, in seconds."""
    max_retries: int
    total_timeout: float
    """Longest time of a call with all its retries, in seconds."""
    memory: ServerMemory = field(default_factory=ServerMemory)
    on_response: Callable[[ReceivedResponse], None] | None = field(default=None, repr=False)
    """Receives each response, for raw responses."""

    def __post_init__(self) -> None:
        check_limits(self.timeout, self.max_retries, self.total_timeout)

    @property
    def _keeps_keys(self) -> bool:
        """Whether the server recognises a repeated key until the end of a call."""
        return self.memory.key_lifetime > self.total_timeout

    def make_deadline(self) -> float:
        """Return the time at which a call that begins now gives up, by `time.monotonic`."""
        return time.monotonic() + self.total_timeout

    def fetch(
        self, request: ClientRequest, deadline: float | None = None
    ) -> RequestSteps[ReceivedResponse]:
        """Send a request that changes nothing; return the response, or raise its error."""
        outcome, _ = yield from self.send(request, deadline or self.make_deadline())
        return require_success(outcome)

    def send(
        self,
        request: ClientRequest,
        deadline: float,
        *,
        needs_keys: bool = False,
    ) -> RequestSteps[tuple[Outcome, bool]]:
        """Send a request until its outcome is final or retries cannot help.

        Returns the last outcome, and whether the outcome of any attempt is unknown. With
        ``needs_keys``, an attempt of unknown outcome is repeated only if the request is a POST with
        an idempotency key and the server keeps keys. If no response has said so yet, sends `_PROBE`
        to find out.
        """
        unsure = False
        has_key = request.method == "POST" and "idempotency-key" in httpx.Headers(request.headers)
        request_id = None if request.anonymous else uuid.uuid4().hex
        if request_id:
            headers = {**request.headers, REQUEST_ID_HEADER: request_id}
            request = replace(request, headers=headers)
        for attempt in itertools.count(1):
            if unsure and needs_keys and not self._keeps_keys:
                # With a token, the server would record its use, at the time of an anonymous report.
                probe = replace(_PROBE, has_token=not request.anonymous)
                latest = yield from self._attempt(probe, deadline)
            if not unsure or not needs_keys or self._keeps_keys:
                latest = outcome = yield from self._attempt(request, deadline)
                unsure = unsure or outcome.unsure
            delay = latest.retry_delay
            if delay is None or attempt > self.max_retries:
                break
            if unsure and needs_keys and not has_key:
                break
            backoff = _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
            pause = max(delay, backoff)
            if time.monotonic() + pause >= deadline:
                break
            text = "%s %s: retry in %.1f s, %s"
            extra = {"request_id": request_id}
            log.info(text, request.method, request.path, pause, latest.reason, extra=extra)
            yield Pause(pause)
        return outcome, unsure

    def _attempt(self, request: ClientRequest, deadline: float) -> RequestSteps[Outcome]:
        token = self.token if isinstance(self.token, str) else self.token()
        if not isinstance(token, str) or not is_header_safe(token):
            raise AuthenticationError(
                Problem(status=401, detail="The token is empty or malformed.")
            )
        left = deadline - time.monotonic()
        if left <= 0:
            return NoResponse(TIMED_OUT, never_sent=True, final=True)
        headers = self.headers.copy()
        headers.update(request.headers)
        if request.has_token:
            headers["Authorization"] = f"Bearer {token}"
        outcome = yield replace(
            request,
            url=self.base_url + request.path,
            headers=headers,
            timeout=min(self.timeout, left),
            deadline=deadline,
        )
        assert outcome is not None
        if not request.anonymous:
            outcome = replace(outcome, request_id=_choose_request_id(request, outcome))
        if isinstance(outcome, ReceivedResponse):
            if outcome.status >= 400 and len(token) > 8:  # Some servers repeat the refused token.
                body = outcome.body.replace(token.encode(), b"(token)")
                outcome = replace(outcome, body=body)
            lifetime = outcome.headers.get("idempotency-key-lifetime", "")
            if lifetime.isdecimal():
                self.memory.key_lifetime = float(lifetime)
            if self.on_response:
                self.on_response(outcome)
        return outcome


def _choose_request_id(request: ClientRequest, outcome: Outcome) -> str | None:
    """Return the id that the server gave the request, else the one that was sent."""
    server_id = (
        outcome.headers.get(REQUEST_ID_HEADER, "") if isinstance(outcome, ReceivedResponse) else ""
    )
    return server_id if _REQUEST_ID.fullmatch(server_id) else request.headers.get(REQUEST_ID_HEADER)


def require_success(outcome: Outcome, unsure: bool = False) -> ReceivedResponse:
    """Return the response, or raise the error of the outcome.

    ``unsure`` says that an earlier attempt may have taken effect.
    """
    if failure := outcome.error():
        raise mark_unsure(failure) if unsure else failure
    assert isinstance(outcome, ReceivedResponse)
    return outcome


def mark_unsure(failure: IssuesError) -> IssuesError:
    """Add to an error that the server may have acted on the request nevertheless."""
    text = str(failure).removesuffix(".")
    failure.args = (f"{text}. {_UNSURE}",)
    failure.unsure = True
    return failure
