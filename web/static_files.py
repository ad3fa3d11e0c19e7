"""Serves Streamlit's static files from memory. A first visit loads about eighty files.

Streamlit (1.67) reads each file from disk in a thread, which takes at least 3 ms of processor time.
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

_FILE_PATTERN: Final = "static/**/*"

_HEADERS: Final = {"Cache-Control": "public, immutable, max-age=31536000"}
"""Headers that Streamlit itself sends: a file's name changes with its content."""


class StaticFilesMiddleware:
    """Answers requests for static files, and passes all others on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a static file; pass other requests on."""
        if scope["type"] == "http" and _is_unneeded_component_file(scope["path"]):
            await PlainTextResponse("File not found.", 404)(scope, receive, send)
        elif not is_static_file_request(scope):
            await self.app(scope, receive, send)
        elif scope["path"] in list_files():
            media_type = mimetypes.guess_type(scope["path"])[0]
            await Response(_read_file(scope["path"]), 200, _HEADERS, media_type)(
                scope, receive, send
            )
        else:
            # Streamlit would send its HTML page instead.
            await PlainTextResponse("File not found.", 404)(scope, receive, send)


def is_static_file_request(scope: Scope) -> bool:
    """Return whether a request is for a path of static files, even if the file does not exist."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"].startswith("/static/") and not estimate_body_size(
        Headers(scope=scope), limit=1
    )


def _is_unneeded_component_file(path: str) -> bool:
    """Return whether the path is in a component's folder, but is neither a script nor a style.

    Streamlit would serve every file of that folder, but pages need only scripts and styles.
    """
    return "/bidi-components/" in path and not path.endswith((".js", ".css"))


@cache
def list_files() -> dict[str, Path]:
    """Return the static files by URL path."""
    folder = streamlit_compat.get_static_folder()
    files = (file for file in folder.glob(_FILE_PATTERN) if file.is_file())
    return {f"/{file.relative_to(folder).as_posix()}": file for file in files}


@cache
def _read_file(path: str) -> bytes:
    return list_files()[path].read_bytes()
