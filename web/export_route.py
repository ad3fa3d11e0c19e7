"""All issues that a list's filters let through, as a file: the links, and the route they lead to.

A route of its own, since Streamlit's download button keeps a whole file in memory.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

from anyio import CapacityLimiter, to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from auth import current_user
from auth.current_user import SignIn
from components import api_session, server_capabilities
from components.issues.criteria import PLACE_PARAMETERS
from components.issues.export_links import PATH
from issue_portal.client.errors import ApiError, IssuesError
from issue_portal.core import export_formats
from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, Include

_THREADS: Final = CapacityLimiter(4)
"""For all downloads together: however many there are, they take turns."""

_AT_ONCE: Final = ConcurrencyLimit(2)
"""For each person: however slowly they read, they keep the texts of few pages in memory."""

_PART: Final = 65_536
"""Characters that are sent at once: one issue may have 10,000."""

_MEDIA: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}


class _Download:
    """Answers with the file, as an ASGI application: the person's turn ends with the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        who = current_user.find_request_sign_in(request)
        if request.path_params["form"] not in _MEDIA:
            answer: Response = PlainTextResponse("There is no such file.", 404)
        elif who is None:
            answer = PlainTextResponse("Sign in first.", 401)
        elif (turn := _AT_ONCE.get_semaphore(who.username)).locked():
            text = "Two downloads of yours are under way. Try again when one has ended."
            answer = PlainTextResponse(text, 429, {"Retry-After": "30"})
        else:
            async with turn:
                answer = await to_thread.run_sync(_begun, request, who, limiter=_THREADS)
                await answer(scope, receive, send)
            return
        await answer(scope, receive, send)


def _begun(request: Request, who: SignIn) -> Response:
    form = request.path_params["form"]
    try:
        query = IssueQuery.model_validate(dict(request.query_params)).model_copy(
            update=dict.fromkeys(PLACE_PARAMETERS) | {"page_size": PAGE_SIZE_LIMIT}
        )
        if server_capabilities.can_filter(who):
            query = query.model_copy(update={"include": (Include.USER, Include.PROJECT)})
        issues = api_session.client_of(who).iterate(query)
        # The first page before the answer begins: a refusal is an answer of its own.
        first = list(islice(issues, 1))
    except ValidationError:
        return PlainTextResponse("These filters make no sense.", 400)
    except ApiError as error:
        return PlainTextResponse(f"The server refused: {error}", error.status)
    except IssuesError:
        return PlainTextResponse("The server does not answer. Try again shortly.", 503)
    name = f"issues-{datetime.now(UTC):%Y-%m-%d}.{form}"
    return StreamingResponse(
        _in_threads(_lines(form, chain(first, issues))),
        media_type=_MEDIA[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _lines(form: str, issues: Iterator[Issue]) -> Iterator[str]:
    if form == "csv":
        # The byte order mark, without which Excel takes it for another encoding.
        yield "\ufeff" + export_formats.format_csv_header()
    for issue in issues:
        yield (
            export_formats.format_csv_line(issue)
            if form == "csv"
            else export_formats.format_json_line(issue)
        )


async def _in_threads(lines: Iterator[str]) -> AsyncIterator[str]:
    def some() -> tuple[str, float]:
        begun = time.monotonic()
        part: list[str] = []
        size = 0
        while size < _PART and (line := next(lines, "")):
            part.append(line)
            size += len(line)
        return "".join(part), time.monotonic() - begun

    while (found := await to_thread.run_sync(some, limiter=_THREADS))[0]:
        text, seconds = found
        yield text
        # For half of the time others are served as if nobody downloaded.
        await asyncio.sleep(seconds)


route: Final = Route(f"/{PATH}.{{form}}", _Download(), methods=["GET"])
