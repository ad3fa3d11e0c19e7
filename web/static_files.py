"""The files of Streamlit's page, some eighty for who opens it first, kept in memory (ASGI).

Streamlit (1.67) has threads look for each, open and read it: 3 ms of a processor for the smallest,
in which the portal does nothing else.
"""

import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from issue_portal.core.body_size import estimate_body_size
from web import streamlit_compat

_FILES: Final = "static/**/*"

_HEADERS: Final = {"Cache-Control": "public, immutable, max-age=31536000"}
"""As Streamlit says: the name of a file changes with what is in it."""


class StaticFilesMiddleware:
    """Answers with the file if one is asked for, and passes all else on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http" and _is_beside_a_script(scope["path"]):
            await PlainTextResponse("There is no such file.", 404)(scope, receive, send)
        elif not is_static_file_request(scope):
            await self.app(scope, receive, send)
        elif scope["path"] in list_files():
            kind = mimetypes.guess_type(scope["path"])[0]
            await Response(_read_file(scope["path"]), 200, _HEADERS, kind)(scope, receive, send)
        else:
            # Streamlit would send the page, as a script or a style.
            await PlainTextResponse("There is no such file.", 404)(scope, receive, send)


def is_static_file_request(scope: Scope) -> bool:
    """Whether this asks for a file of the bundle, be it there or not."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"].startswith("/static/") and not estimate_body_size(Headers(scope=scope), 1)


def _is_beside_a_script(path: str) -> bool:
    """Whether Streamlit would serve this Python file: it serves all of a component's folder."""
    return "/bidi-components/" in path and not path.endswith((".js", ".css"))


@cache
def list_files() -> dict[str, Path]:
    """The bundle's files by the path by which a browser asks for them."""
    folder = streamlit_compat.get_static_folder()
    found = (file for file in folder.glob(_FILES) if file.is_file())
    return {f"/{file.relative_to(folder).as_posix()}": file for file in found}


@cache
def _read_file(path: str) -> bytes:
    return list_files()[path].read_bytes()
