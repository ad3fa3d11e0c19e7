"""Authenticates each call of the API, and applies the limits that need no body."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.body_size import estimate_body_size
from issue_portal.core.client_address import make_client_key
from issue_portal.core.portal_token import Person
from issue_portal.core.problems import InvalidParameterError, ProblemError
from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.models.vocabulary import ProblemCode
from issue_portal.server.http.call import Call
from issue_portal.server.http.problem_responses import respond_to_error
from issue_portal.server.http.request_body import BODY_LIMIT, MAX_FIELDS_OR_PARAMETERS
from issue_portal.server.http.router import CALLS_PATH
from issue_portal.server.services.authentication import ApiToken
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service
from issue_portal.server.services.threadpool import (
    QUERIES_PER_CALLER,
    read_on_event_loop,
    run_in_thread,
)

_MAX_OPEN_CALLS: Final = 16
"""Calls in progress per caller, from the headers of the request to the end of the response."""

_WAIT_TIMEOUT: Final = 10.0
"""Seconds that a call waits for other calls of the same caller."""

_OPEN_CALLS: Final = ConcurrencyLimit(_MAX_OPEN_CALLS)

_SINGLE_HEADERS: Final = ("x-org", "Idempotency-Key")
"""Headers whose lines must not contradict each other."""

_COMMON_HEADERS: Final = {
    # Tells clients that they can safely repeat a report.
    "Idempotency-Key-Lifetime": str(IDEMPOTENCY_LIFETIME),
    "Cache-Control": "no-store",
}
"""Headers of every response."""


class AuthenticationMiddleware:
    """Passes calls on with their `Call` in ``request.state``; refuses calls without a token."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate the caller, wait for the limits, and pass the call on."""
        if scope["type"] != "http" or CALLS_PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        response_headers = dict(_COMMON_HEADERS)

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(response_headers)
            await send(message)

        async with AsyncExitStack() as exit_stack:
            try:
                principal = await self._admit(scope, exit_stack, response_headers)
            except Exception as error:
                response = respond_to_error(error, scope)
                if response is None:
                    raise
                await response(scope, receive, send_wrapper)
                return
            scope["state"]["call"] = Call(self._service, principal, response_headers)
            await self.app(scope, receive, send_wrapper)

    async def _admit(
        self, scope: Scope, exit_stack: AsyncExitStack, response_headers: dict[str, str]
    ) -> Principal:
        """Return the principal. ``exit_stack`` is closed after the response.

        Adds the state of the rate limit to ``response_headers``.
        """
        if scope["query_string"].count(b"&") >= MAX_FIELDS_OR_PARAMETERS:
            raise ProblemError(
                400,
                f"The request has more than {MAX_FIELDS_OR_PARAMETERS} parameters.",
                code=ProblemCode.INVALID_PARAMETER,
            )
        _check_url(scope)
        headers = Headers(scope=scope)
        for name in _SINGLE_HEADERS:
            if len(set(headers.getlist(name))) > 1:
                raise InvalidParameterError(name, "is repeated with another value")
        limits = self._service.rate_limits
        try:
            principal = await self._authenticate(scope, headers)
        except ProblemError:
            await limits.delay_refusal(_get_address(scope))
            raise
        scope["state"]["principal"] = principal
        is_change = scope["method"] not in ("GET", "POST")
        if scope["method"] != "POST":
            self._service.token_usage.record(principal)
        await _limit_open_calls(principal, exit_stack)
        size = estimate_body_size(headers, BODY_LIMIT)
        await limits.delay(principal, size, is_change=is_change)
        if scope["method"] != "POST":
            # A POST may be an anonymous report. `Call.count_changes` counts the others.
            await limits.count_calls(principal, response_headers)
        return principal

    async def _authenticate(self, scope: Scope, headers: Headers) -> Principal:
        """Return the principal; raise a 404 if ``x-org`` names another organisation."""
        service = self._service
        caller = service.authenticator.verify(headers.get("authorization"))
        principal = caller if isinstance(caller, Principal) else await self._look_up(scope, caller)
        organisation = headers.get("x-org")
        if organisation not in (None, service.org_id, service.settings.org):
            raise ProblemError(404, "This token belongs to another organisation.")
        return principal

    async def _look_up(self, scope: Scope, caller: Person | ApiToken) -> Principal:
        authenticator, database = self._service.authenticator, self._service.database
        find = partial(authenticator.find_principal, caller=caller)
        address = f"address {_get_address(scope)}"
        if database.is_postgresql:
            async with QUERIES_PER_CALLER.get_semaphore(address):
                principal = await database.read_postgresql(find, snapshot=False)
        else:
            outcome = read_on_event_loop(database, find)
            principal = outcome.value if outcome else None
        if principal is None:
            principal = await run_in_thread(authenticator.ensure_principal, caller, caller=address)
        return principal


def _check_url(scope: Scope) -> None:
    """Raise a 400 unless the URL is UTF-8: replaced bytes could name something else."""
    try:
        for part in (scope["raw_path"], scope["query_string"]):
            unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise ProblemError(
            400, "The URL is not UTF-8.", code=ProblemCode.INVALID_PARAMETER
        ) from None


def _get_address(scope: Scope) -> str:
    return make_client_key(scope["client"][0]) if scope.get("client") else ""


async def _limit_open_calls(caller: Principal, exit_stack: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(_WAIT_TIMEOUT):
            await exit_stack.enter_async_context(_OPEN_CALLS.get_semaphore(caller.rate_limit_key))
    except TimeoutError:
        text = f"You have {_MAX_OPEN_CALLS} calls in progress: wait for their responses."
        raise ProblemError(429, text, headers={"Retry-After": "1"}) from None
