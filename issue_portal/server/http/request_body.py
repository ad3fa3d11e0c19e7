"""Reads the JSON body of a request, with limits on size, time and structure."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from issue_portal.core.problems import FieldFault, InvalidBodyError, ProblemError
from issue_portal.models.vocabulary import FieldErrorCode

BODY_LIMIT = 200_000
"""Bytes per request body. The longest valid report fits, even with every character escaped."""

MAX_FIELDS_OR_PARAMETERS: Final = 100
"""Maximum number of fields in a JSON object, and of query parameters in a request."""

_MAX_OBJECTS: Final = 50
"""JSON objects per body. A valid report has two. Parsing 66,000 takes 0.1 s."""

BODY_SECONDS = 20.0
"""Seconds in which the whole body must arrive."""


class RefusedBodyError(HTTPException):
    """A refused body. FastAPI turns exceptions of other classes into a 400 without details."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(problem.status, problem.detail)
        self.problem = problem


class JsonRoute(APIRoute):
    """A route that reads its body with the limits of this module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, called with a request that has the limits."""
        handle = super().get_route_handler()

        async def handle_with_limits(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_with_limits


class _JsonRequest(Request):
    _received: bytes | None = None

    async def body(self) -> bytes:
        """Return the body, or refuse it with a 400, 408, 413 or 415."""
        if self._received is None:
            try:
                self._received = await _read(self)
            except ProblemError as problem:
                raise RefusedBodyError(problem) from None
        return self._received

    async def json(self) -> Any:
        """Return the JSON value of the body, or refuse it with a 400."""
        try:
            # From bytes, `json` would also read UTF-16 and UTF-32, which RFC 8259 rules out.
            text = (await self.body()).decode("utf-8-sig")
            body = json.loads(text, object_pairs_hook=_ObjectBuilder())
        except ProblemError as problem:
            raise RefusedBodyError(problem) from None
        except (ValueError, RecursionError):
            raise RefusedBodyError(_make_syntax_problem()) from None
        # `problem_responses` reads this. A report that is not clearly named counts as anonymous.
        self.state.is_named = isinstance(body, dict) and body.get("anonymous") is False
        return body


async def _read(request: Request) -> bytes:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ProblemError(415, "Send JSON with the header Content-Type: application/json.")
    size, chunks = 0, []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise ProblemError(413, f"The body is larger than {BODY_LIMIT} bytes.")
                chunks.append(chunk)
    except TimeoutError:
        raise ProblemError(408, "The body did not arrive in time.") from None
    if not size:
        raise _make_syntax_problem()
    return b"".join(chunks)


def _make_syntax_problem() -> ProblemError:
    return InvalidBodyError("The body is not JSON.", FieldFault("body", "is not JSON"))


class _ObjectBuilder:
    """Builds the JSON objects of one body. Refuses too many objects, and repeated fields.

    A repeated field is ambiguous: the wrong value of ``anonymous`` could publish a name.
    """

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return the object with these fields."""
        self._count += 1
        if len(pairs) > MAX_FIELDS_OR_PARAMETERS or self._count > _MAX_OBJECTS:
            raise InvalidBodyError(
                f"The body has more than {_MAX_OBJECTS} objects, or an object with more than"
                f" {MAX_FIELDS_OR_PARAMETERS} fields.",
            )
        fields = dict(pairs)
        if len(fields) < len(pairs):
            repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
            # JSON can escape half of a surrogate pair, which the response cannot encode.
            name = repeated[:100].encode(errors="replace").decode()
            fault = FieldFault(name, "is repeated", FieldErrorCode.REPEATED)
            raise InvalidBodyError(f"{name}: is repeated", fault)
        return fields
