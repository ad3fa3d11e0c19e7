"""Serves the operations of the API: who is calling, what is asked for, and the answer.

FastAPI describes them (the OpenAPI document is made from the same functions and their signatures);
served by it, a request would take five times the processor's time.
"""

import asyncio
import inspect
import json
import time
from collections import Counter
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

from issue_portal.core.client_address import normalize_address
from issue_portal.core.problems import ProblemError, from_validation, invalid_field
from issue_portal.core.token_bucket import ConcurrencyLimit, estimate_body_size
from issue_portal.server.http.problem_responses import answer_to
from issue_portal.server.services.issue_service import IssueService
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service
from issue_portal.server.services.threadpool import in_thread

BODY_LIMIT = 200_000
"""Largest request body, in bytes: more than the longest valid one with every character escaped."""

_MOST_NAMES: Final = 100
"""Parameters of a request, and fields of an object in its body."""

_MOST_OBJECTS: Final = 50
"""Objects in a body, where a valid one has two: 66,000 took a tenth of a second."""

BODY_SECONDS = 20.0
"""Time in which a request body has to be here."""

_CALLS_AT_ONCE: Final = 16
"""Of one caller: bodies that come slowly, and answers that are read slowly, are few."""

_TURN_SECONDS: Final = 10.0
"""Time that a call waits for others of the same caller."""

_AT_ONCE: Final = ConcurrencyLimit(_CALLS_AT_ONCE)

_COMPUTING: Final = ConcurrencyLimit(1)
_CHANGING: Final = ConcurrencyLimit(1)

_ALWAYS: Final = {"Idempotency-Key-Lifetime": str(IDEMPOTENCY_LIFETIME)}
"""So that a client knows that it may repeat a report whose answer got lost."""


_Result = TypeVar("_Result")


class Json(Response):
    """An answer in JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Ready to be sent."""
        return orjson.dumps(content)


class Call(Request):
    """A request whose caller is known, with its body read."""

    service: Service
    principal: Principal
    data: Any = None


def served(router: APIRouter) -> list[Route]:
    """The routes of operations, which need a caller."""
    return [_Served(route, _Operation(route)) for route in _described(router)]


def described(router: APIRouter) -> list[Route]:
    """The routes of plain functions of a request."""
    return [_Served(route, route.endpoint) for route in _described(router)]


def _described(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


class _Served(Route):
    """Starlette's route for one that FastAPI describes."""

    def __init__(self, route: APIRoute, endpoint: Callable[..., Any]) -> None:
        super().__init__(route.path, endpoint)
        self.methods = route.methods  # Starlette would add HEAD.


class _Operation:
    """One of the operations, as an ASGI application."""

    def __init__(self, route: APIRoute) -> None:
        self._endpoint = route.endpoint
        self._waits = not inspect.iscoroutinefunction(route.endpoint)
        hints = get_type_hints(route.endpoint, include_extras=True)
        hints.pop("return", None)
        self._readers = {name: _reader(name, hint) for name, hint in hints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as held:
            answer = await self._answer_or_problem(Call(scope, receive), held)
            await answer(scope, receive, send)

    async def _answer_or_problem(self, call: Call, held: AsyncExitStack) -> Response:
        try:
            answer = await self._answer(call, held)
        except ClientDisconnect:
            answer = Response(status_code=400)  # Nobody is there to read it.
        except Exception as error:
            found = answer_to(error)
            if found is None:
                raise
            answer = found
        answer.headers.update(_ALWAYS | getattr(call.state, "answer_headers", {}))
        return answer

    async def _answer(self, call: Call, held: AsyncExitStack) -> Response:
        """The answer; ``held`` is held until it is sent."""
        if call.scope["query_string"].count(b"&") >= _MOST_NAMES:
            raise ProblemError(400, f"There are more than {_MOST_NAMES} parameters.")
        call.service = call.app.state.service
        limits = call.service.rate_limits
        try:
            known = call.service.access.at_once(call.headers.get("authorization"))
            call.principal = (
                _admit(call, known) if known else await in_thread(_admit, call, of=_address(call))
            )
        except ProblemError:
            await limits.delay_refusal(normalize_address(call.client.host) if call.client else "")
            raise
        await _wait_for_turn(call.principal, held)
        size, is_change = (
            estimate_body_size(call.headers, BODY_LIMIT),
            call.method not in ("GET", "POST"),
        )
        await limits.delay(call.principal, size, is_change=is_change)
        if call.method in ("POST", "PUT", "PATCH"):
            call.data = await _body(call)
        arguments = {name: read(call) for name, read in self._readers.items()}
        if self._waits:
            return await _computed(call, partial(self._endpoint, **arguments))
        begun: Awaitable[Response] = self._endpoint(**arguments)
        return await begun


async def _computed(call: Call, do: Callable[[], Response]) -> Response:
    """What ``do`` returns, in a thread: one at a time of each caller."""
    return await _in_turn(call, do, _COMPUTING, partial(in_thread, of=call.principal.limited_as))


async def changed(call: Call, do: Callable[[], _Result]) -> _Result:
    """What ``do`` returns, in a thread that may change something: one at a time of each caller."""
    writers = call.service.database.writers
    return await _in_turn(call, do, _CHANGING, partial(to_thread.run_sync, limiter=writers))


async def _in_turn(
    call: Call,
    do: Callable[[], _Result],
    turns: ConcurrencyLimit,
    run: Callable[..., Awaitable[Any]],
) -> _Result:
    """What ``do`` returns, run in a thread when it is made up for what the caller did before."""
    who, limits = call.principal, call.service.rate_limits
    # What PostgreSQL computes, this process only waits for.
    clock = time.monotonic if call.service.database.is_postgresql else time.thread_time
    async with turns.of(who.limited_as):
        await limits.made_up_for(who)
        result: _Result
        result, seconds = await run(_timed, do, clock)
        limits.count_computing(who, seconds)
    return result


def _timed(do: Callable[[], _Result], clock: Callable[[], float]) -> tuple[_Result, float]:
    """What ``do`` returns, and the seconds it took by a clock that is read in its thread."""
    begun = clock()
    return do(), clock() - begun


def add_headers(call: Request, headers: dict[str, str]) -> None:
    """Send ``headers`` with the answer to ``call``, whatever it will be."""
    call.state.answer_headers = getattr(call.state, "answer_headers", {}) | headers


async def _wait_for_turn(caller: Principal, held: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(_TURN_SECONDS):
            await held.enter_async_context(_AT_ONCE.of(caller.limited_as))
    except TimeoutError:
        text = f"{_CALLS_AT_ONCE} calls of yours are under way: wait for their answers."
        raise ProblemError(429, text, headers={"Retry-After": "1"}) from None


def _address(call: Call) -> str:
    """Who calls, as long as the token has not been looked at."""
    return f"address {normalize_address(call.client.host) if call.client else ''}"


def _admit(call: Call, known: Principal | None = None) -> Principal:
    """Who is calling, if that is a caller of this organisation."""
    service = call.service
    principal = known or service.access.authenticate(call.headers.get("authorization"))
    organisation = call.headers.get("x-org")
    if organisation not in (None, service.org_id, service.settings.org):
        raise ProblemError(404, "This token is not of that organisation.")
    if call.method != "POST":
        service.token_uses.note(principal)
    return principal


async def _body(call: Call) -> Any:
    content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ProblemError(415, "Send JSON: Content-Type: application/json.")
    size, chunks = 0, []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in call.stream():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise ProblemError(413, f"The body is larger than {BODY_LIMIT} bytes.")
                chunks.append(chunk)
    except TimeoutError:
        raise ProblemError(408, "The body did not arrive in time.") from None
    try:
        return json.loads(b"".join(chunks), object_pairs_hook=_Objects())
    except (ValueError, RecursionError):
        raise ProblemError(400, "The body is not JSON.", errors={"body": "is not JSON"}) from None


class _Objects:
    """Makes the objects of one body, which are few and have each field once.

    A field that is there twice has two meanings: ``anonymous`` is never taken for the other.
    """

    def __init__(self) -> None:
        self._made = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object with these fields."""
        self._made += 1
        if len(pairs) > _MOST_NAMES or self._made > _MOST_OBJECTS:
            raise ProblemError(
                400,
                f"The body has more than {_MOST_OBJECTS} objects, or one of them more than"
                f" {_MOST_NAMES} fields.",
            )
        fields = dict(pairs)
        if len(fields) < len(pairs):
            repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
            # JSON can write half a character, which no answer can.
            name = repeated[:100].encode(errors="replace").decode()
            raise invalid_field(name, "is there more than once")
        return fields


_Reader = Callable[[Call], Any]


def _reader(name: str, hint: Any) -> _Reader:
    """What finds an argument of an endpoint in the call."""
    kind, *more = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if isinstance(more[-1] if more else None, Header):
        return partial(_header, name.replace("_", "-"), TypeAdapter(hint))
    if kind is Principal:
        return lambda call: call.principal
    if kind is IssueService:
        return lambda call: call.service.issues
    if kind is Call:
        return lambda call: call
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return partial(_query, kind, _lists(kind)) if more else partial(_model, kind)
    return lambda call: call.path_params[name]


def _lists(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name for name, field in model.model_fields.items() if "tuple" in str(field.annotation)
    )


def _query(model: type[BaseModel], lists: frozenset[str], call: Call) -> BaseModel:
    given = call.query_params
    values = {name: given.getlist(name) if name in lists else given[name] for name in given}
    return _valid(model, values)


def _model(model: type[BaseModel], call: Call) -> BaseModel:
    return _valid(model, call.data)


def _valid(model: type[BaseModel], values: Any) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise from_validation(error) from None


def _header(name: str, kind: TypeAdapter[str | None], call: Call) -> str | None:
    try:
        return kind.validate_python(call.headers.get(name))
    except ValidationError as error:
        raise invalid_field(name, error.errors()[0]["msg"]) from None
