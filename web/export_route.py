"""The route that exports all issues matching a list's filters as CSV or JSON lines.

Streamlit's download button would keep the whole file in memory.
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
from components import api_session
from components.issues.criteria import PAGE_PARAMETERS
from components.issues.export_links import EXPORT_PATH
from issue_portal.client.errors import ApiError, IssuesError
from issue_portal.core import export_formats
from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT

_THREADS: Final = CapacityLimiter(4)
"""Threads for all exports together. Exports wait for a free thread."""

_EXPORTS_PER_USER: Final = ConcurrencyLimit(2)
"""Exports per user at once. Each keeps a few pages of issues in memory until its client has read
them.
"""

_PART_SIZE: Final = 65_536
"""Characters per part of the response. An issue can have 10,000."""

_MEDIA_TYPES: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}


class _ExportEndpoint:
    """The ASGI app of the route.

    An export counts towards `_EXPORTS_PER_USER` until its last part has been sent.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sign_in = current_user.find_request_sign_in(request)
        if request.path_params["format"] not in _MEDIA_TYPES:
            await PlainTextResponse("Not found: exports end in .csv or .jsonl.", 404)(
                scope, receive, send
            )
            return
        if sign_in is None:
            await PlainTextResponse("Sign in first.", 401)(scope, receive, send)
            return
        turn = _EXPORTS_PER_USER.get_semaphore(sign_in.username)
        if turn.locked():
            text = "You already have two downloads in progress. Try again when one has finished."
            await PlainTextResponse(text, 429, {"Retry-After": "30"})(scope, receive, send)
            return
        async with turn:
            response = await to_thread.run_sync(_start_export, request, sign_in, limiter=_THREADS)
            await response(scope, receive, send)


def _start_export(request: Request, sign_in: SignIn) -> Response:
    file_format = request.path_params["format"]
    try:
        filters = {
            name: value
            for name, value in request.query_params.items()
            if name not in PAGE_PARAMETERS
        }
        query = IssueQuery.model_validate(filters | {"page_size": PAGE_SIZE_LIMIT})
        issues = api_session.client_of(sign_in).iterate(query)
        # Fetch the first page before the response starts, so that an error gets its own status.
        first = list(islice(issues, 1))
    except ValidationError:
        return PlainTextResponse(
            "The filters in the URL are invalid. Go back to the list and download from there.", 400
        )
    except ApiError as error:
        return PlainTextResponse(f"The server refused the export: {error}", error.status)
    except IssuesError:
        return PlainTextResponse("The server isn't responding. Try again in a moment.", 503)
    name = f"issues-{datetime.now(UTC):%Y-%m-%d}.{file_format}"
    return StreamingResponse(
        _stream_in_threads(_format_lines(file_format, chain(first, issues))),
        media_type=_MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _format_lines(file_format: str, issues: Iterator[Issue]) -> Iterator[str]:
    if file_format == "csv":
        # Without the byte order mark, Excel assumes another encoding.
        yield "\ufeff" + export_formats.format_csv_header()
    for issue in issues:
        yield (
            export_formats.format_csv_line(issue)
            if file_format == "csv"
            else export_formats.format_json_line(issue)
        )


async def _stream_in_threads(lines: Iterator[str]) -> AsyncIterator[str]:
    def read_part() -> tuple[str, float]:
        """Return the next lines and the seconds that reading them took; "" at the end."""
        started = time.monotonic()
        part: list[str] = []
        size = 0
        while size < _PART_SIZE and (line := next(lines, "")):
            part.append(line)
            size += len(line)
        return "".join(part), time.monotonic() - started

    while True:
        text, seconds = await to_thread.run_sync(read_part, limiter=_THREADS)
        if not text:
            return
        yield text
        # Pause for as long as the part took, to leave time for other requests.
        await asyncio.sleep(seconds)


route: Final = Route(f"/{EXPORT_PATH}.{{format}}", _ExportEndpoint(), methods=["GET"])
