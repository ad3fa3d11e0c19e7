"""Dispatches API requests: authentication, limits, arguments, response.

FastAPI only generates the OpenAPI document from the same operations: dispatching through FastAPI
takes five times the CPU time.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

import orjson
from anyio import to_thread
from fastapi import APIRouter
from fastapi.params import Header
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from issue_portal.core.body_size import estimate_body_size
from issue_portal.core.client_address import make_client_key
from issue_portal.core.problems import InvalidFieldError, ProblemError, convert_validation_error
from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.server.http.problem_responses import respond_to_error
from issue_portal.server.http.request_body import BODY_LIMIT, MAX_FIELDS_OR_PARAMETERS, read_body
from issue_portal.server.services.issue_service import IssueService
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service
from issue_portal.server.services.threadpool import run_in_thread

_MAX_OPEN_CALLS: Final = 16
"""Calls in progress per caller, from the headers of the request to the end of the response."""

_WAIT_TIMEOUT: Final = 10.0
"""Seconds that a call waits for other calls of the same caller."""

_OPEN_CALLS: Final = ConcurrencyLimit(_MAX_OPEN_CALLS)

_READS: Final = ConcurrencyLimit(1)
"""Limit of simultaneous database reads per caller."""

_WRITES: Final = ConcurrencyLimit(1)
"""Limit of simultaneous database writes per caller."""

_COMMON_HEADERS: Final = {"Idempotency-Key-Lifetime": str(IDEMPOTENCY_LIFETIME)}
"""Headers of every response. They tell clients that they can safely repeat a report."""


_Result = TypeVar("_Result")


class ApiResponse(Response):
    """A JSON response."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return orjson.dumps(content)


class ApiRequest(Request):
    """A request with its principal and its parsed body."""

    service: Service
    principal: Principal
    data: Any = None


def make_routes_with_principal(router: APIRouter) -> list[Route]:
    """Return the routes of a router whose endpoints need a principal."""
    return [_DescribedRoute(route, _Operation(route)) for route in _list_api_routes(router)]


def make_routes_without_principal(router: APIRouter) -> list[Route]:
    """Return the routes of a router whose endpoints take only the request."""
    return [_DescribedRoute(route, route.endpoint) for route in _list_api_routes(router)]


def _list_api_routes(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


class _DescribedRoute(Route):
    """A Starlette route with the path and methods of a FastAPI route."""

    def __init__(self, route: APIRoute, endpoint: Callable[..., Any]) -> None:
        super().__init__(route.path, endpoint)
        self.methods = route.methods  # Starlette would add HEAD.


class _Operation:
    """One operation as an ASGI application."""

    def __init__(self, route: APIRoute) -> None:
        self._endpoint = route.endpoint
        self._is_sync = not inspect.iscoroutinefunction(route.endpoint)
        hints = get_type_hints(route.endpoint, include_extras=True)
        hints.pop("return", None)
        self._readers = {name: _make_argument_reader(name, hint) for name, hint in hints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as exit_stack:
            response = await self._respond(ApiRequest(scope, receive), exit_stack)
            await response(scope, receive, send)

    async def _respond(self, call: ApiRequest, exit_stack: AsyncExitStack) -> Response:
        """Return the response of the operation, or a problem document for an expected error."""
        try:
            response = await self._run(call, exit_stack)
        except ClientDisconnect:
            response = Response(status_code=400)  # Nobody receives it.
        except Exception as error:
            problem = respond_to_error(error)
            if problem is None:
                raise
            response = problem
        response.headers.update(_COMMON_HEADERS | getattr(call.state, "response_headers", {}))
        return response

    async def _run(self, call: ApiRequest, exit_stack: AsyncExitStack) -> Response:
        """Return the response. `__call__` closes ``exit_stack`` after it has sent it."""
        if call.scope["query_string"].count(b"&") >= MAX_FIELDS_OR_PARAMETERS:
            raise ProblemError(
                400, f"The request has more than {MAX_FIELDS_OR_PARAMETERS} parameters."
            )
        call.service = call.app.state.service
        limits = call.service.rate_limits
        try:
            principal = call.service.authenticator.find_principal_without_waiting(
                call.headers.get("authorization")
            )
            call.principal = (
                _authenticate(call, principal)
                if principal
                else await run_in_thread(_authenticate, call, caller=_make_address_key(call))
            )
        except ProblemError:
            await limits.delay_refusal(make_client_key(call.client.host) if call.client else "")
            raise
        await _limit_open_calls(call.principal, exit_stack)
        size = estimate_body_size(call.headers, BODY_LIMIT)
        changes_existing = call.method not in ("GET", "POST")
        await limits.delay(call.principal, size, is_change=changes_existing)
        if call.method in ("POST", "PUT", "PATCH"):
            call.data = await read_body(call)
        arguments = {name: read(call) for name, read in self._readers.items()}
        if self._is_sync:  # Endpoints that only read are plain functions.
            return await _run_read(call, partial(self._endpoint, **arguments))
        pending: Awaitable[Response] = self._endpoint(**arguments)
        return await pending


async def _run_read(call: ApiRequest, function: Callable[[], Response]) -> Response:
    """Run ``function`` in a thread, one at a time per caller."""
    return await _run_after_earlier_calls(
        call, function, _READS, partial(run_in_thread, caller=call.principal.rate_limit_key)
    )


async def run_change(call: ApiRequest, function: Callable[[], _Result]) -> _Result:
    """Run ``function`` in a thread that may write, one at a time per caller."""
    writers = call.service.database.writers
    return await _run_after_earlier_calls(
        call, function, _WRITES, partial(to_thread.run_sync, limiter=writers)
    )


async def _run_after_earlier_calls(
    call: ApiRequest,
    function: Callable[[], _Result],
    limit: ConcurrencyLimit,
    run: Callable[..., Awaitable[Any]],
) -> _Result:
    """Run ``function`` after the caller's earlier calls; count its time towards the limits."""
    principal, limits = call.principal, call.service.rate_limits
    # With PostgreSQL, this thread only waits, so its CPU time does not show the cost.
    clock = time.monotonic if call.service.database.is_postgresql else time.thread_time
    async with limit.get_semaphore(principal.rate_limit_key):
        await limits.wait_until_within_limit(principal)
        result: _Result
        result, seconds = await run(_measure, function, clock)
        limits.charge_seconds(principal, seconds)
    return result


def _measure(function: Callable[[], _Result], clock: Callable[[], float]) -> tuple[_Result, float]:
    """Return the result of ``function``, and the seconds that it took by ``clock``."""
    started = clock()
    return function(), clock() - started


def add_headers(call: Request, headers: dict[str, str]) -> None:
    """Add headers to the response of ``call``, errors included."""
    call.state.response_headers = getattr(call.state, "response_headers", {}) | headers


async def _limit_open_calls(caller: Principal, exit_stack: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(_WAIT_TIMEOUT):
            await exit_stack.enter_async_context(_OPEN_CALLS.get_semaphore(caller.rate_limit_key))
    except TimeoutError:
        text = f"You have {_MAX_OPEN_CALLS} calls in progress: wait for their responses."
        raise ProblemError(429, text, headers={"Retry-After": "1"}) from None


def _make_address_key(call: ApiRequest) -> str:
    """Return the rate limit key for a request whose caller is not known yet."""
    return f"address {make_client_key(call.client.host) if call.client else ''}"


def _authenticate(call: ApiRequest, principal: Principal | None = None) -> Principal:
    """Return the principal; raise a 404 if ``x-org`` names another organisation."""
    service = call.service
    principal = principal or service.authenticator.authenticate(call.headers.get("authorization"))
    organisation = call.headers.get("x-org")
    if organisation not in (None, service.org_id, service.settings.org):
        raise ProblemError(404, "This token belongs to another organisation.")
    if call.method != "POST":
        service.token_usage.record(principal)
    return principal


_ArgumentReader = Callable[[ApiRequest], Any]


def _make_argument_reader(name: str, hint: Any) -> _ArgumentReader:
    """Return a function that reads the argument ``name`` of an endpoint from the request."""
    annotation, *metadata = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if isinstance(metadata[-1] if metadata else None, Header):
        return partial(_read_header, name.replace("_", "-"), TypeAdapter(hint))
    if annotation is Principal:
        return lambda call: call.principal
    if annotation is IssueService:
        return lambda call: call.service.issues
    if annotation is ApiRequest:
        return lambda call: call
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (
            partial(_read_query, annotation, _find_list_parameters(annotation))
            if metadata
            else partial(_read_body, annotation)
        )
    return lambda call: call.path_params[name]


def _find_list_parameters(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name for name, field in model.model_fields.items() if "tuple" in str(field.annotation)
    )


def _read_query(model: type[BaseModel], lists: frozenset[str], call: ApiRequest) -> BaseModel:
    parameters = call.query_params
    values = {
        name: parameters.getlist(name) if name in lists else parameters[name] for name in parameters
    }
    return _validate(model, values)


def _read_body(model: type[BaseModel], call: ApiRequest) -> BaseModel:
    return _validate(model, call.data)


def _validate(model: type[BaseModel], values: Any) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise convert_validation_error(error) from None


def _read_header(name: str, annotation: TypeAdapter[str | None], call: ApiRequest) -> str | None:
    try:
        return annotation.validate_python(call.headers.get(name))
    except ValidationError as error:
        raise InvalidFieldError(name, error.errors()[0]["msg"]) from None
