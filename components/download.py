"""All issues that a list's filters let through, as a file: the links, and the route they lead to.

A route of its own, since Streamlit's download button keeps a whole file in memory.
"""

import html
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final
from urllib.parse import urlencode

import streamlit as st
from anyio import CapacityLimiter, to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api import export
from api.contract import PAGE_SIZE_LIMIT, Include, Issue, IssueQuery
from api.errors import ApiError, IssuesError
from api.turns import Turns
from components import identity, session
from components.identity import SignIn
from components.language import _

_PATH: Final = "issues"
_OF_A_PAGE: Final = ("page", "page_size", "total_count")
_THREADS: Final = CapacityLimiter(4)
"""For all downloads together: however many there are, they take turns."""

_TURNS: Final = Turns(1)
"""For each person, who may have many downloads."""

_MEDIA: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}


def links(query: IssueQuery) -> None:
    """Links that download all pages of ``query``."""
    whole = {name: value for name, value in query.params().items() if name not in _OF_A_PAGE}
    shown = "".join(
        f'<a href="{html.escape(f"{_PATH}.{form}?{urlencode(whole)}")}" download>{words}</a>'
        for form, words in (("csv", _("Download as CSV")), ("jsonl", _("as JSON lines")))
    )
    st.html(f'<p class="downloads">{shown}</p>')


async def _answer(request: Request) -> Response:
    if request.path_params["form"] not in _MEDIA:
        return PlainTextResponse("There is no such file.", 404)
    who = identity.signed_in_by(request)
    if who is None:
        return PlainTextResponse("Sign in first.", 401)
    async with _TURNS.of(who.username):
        return await to_thread.run_sync(_begun, request, who, limiter=_THREADS)


def _begun(request: Request, who: SignIn) -> Response:
    form = request.path_params["form"]
    try:
        query = IssueQuery.model_validate(dict(request.query_params)).model_copy(
            update={"page": None, "page_size": PAGE_SIZE_LIMIT}
        )
        if session.can_filter(who):
            query = query.model_copy(update={"include": (Include.USER, Include.PROJECT)})
        issues = session.client_of(who).iterate(query)
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
        _in_threads(_lines(form, chain(first, issues)), who.username),
        media_type=_MEDIA[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _lines(form: str, issues: Iterator[Issue]) -> Iterator[str]:
    if form == "csv":
        # The byte order mark, without which Excel takes it for another encoding.
        yield "\ufeff" + export.csv_header()
    for issue in issues:
        yield export.csv_line(issue) if form == "csv" else export.json_line(issue)


async def _in_threads(lines: Iterator[str], of: str) -> AsyncIterator[str]:
    def some() -> str:
        return "".join(islice(lines, PAGE_SIZE_LIMIT))

    while True:
        async with _TURNS.of(of):
            text = await to_thread.run_sync(some, limiter=_THREADS)
        if not text:
            break
        yield text


route: Final = Route(f"/{_PATH}.{{form}}", _answer)
