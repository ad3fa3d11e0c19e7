"""The page that the browser opens: Streamlit's, with the portal's name and style in it (ASGI).

From a script, Streamlit (1.67) gives a style to a page that is shown already, which then jumps.
"""

import gzip
import re
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

_ASSETS: Final = Path(__file__).parent.parent / "assets"
_TITLE: Final = "<title>Streamlit</title>"
_END: Final = "</body>"
_REPORT: Final = re.compile("/report(/?)$")
"""What people guess the first page's address to be: it has another one, as it has no name."""
_PAGES: Final = {"/", *(f"/{page.stem}" for page in _ASSETS.with_name("pages").glob("[!_]*.py"))}
_FRAMED: Final = re.compile(rb"(?:^|&)embed=true(?:&|$)")


class IndexPage:
    """Answers with the page where Streamlit would answer with its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.page = _page("portal.css")
        self.framed = _page("portal.css", "embedded.css")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and put the page in the place of Streamlit's."""
        if (
            scope["type"] != "http"
            or "/api/" in scope["path"]
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self.app(scope, receive, send)
            return
        if found := _REPORT.search(scope["path"]):
            query = scope["query_string"].decode("latin-1")
            first_page = "../" if found[1] else "./"
            answer = RedirectResponse(f"{first_page}?{query}" if query else first_page)
            await answer(scope, receive, send)
            return
        page = self.framed if _FRAMED.search(scope["query_string"]) else self.page
        headers = MutableHeaders(scope=scope)
        if is_page(scope):
            await page.response(headers)(scope, receive, send)
            return
        # What the browser has kept may have another style.
        del headers["if-none-match"], headers["if-modified-since"]
        replaced = False

        async def unless_page(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                replaced = message["status"] == 200 and kind.startswith("text/html")
            if not replaced:
                await send(message)

        await self.app(scope, receive, unless_page)
        if replaced:
            await page.response(headers)(scope, receive, send)


def is_page(scope: Scope) -> bool:
    """Whether this asks for a page that is there. To ask Streamlit about it takes 3 ms."""
    return (
        scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and (scope["path"] in _PAGES)
    )


class _Page:
    """HTML that is compressed once, not for each who asks."""

    def __init__(self, text: str) -> None:
        self._plain = text.encode()
        self._compressed = gzip.compress(self._plain)

    def response(self, asked: Headers) -> HTMLResponse:
        """The answer to a request with these headers."""
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if "gzip" not in asked.get("accept-encoding", ""):
            return HTMLResponse(self._plain, headers=headers)
        return HTMLResponse(self._compressed, headers=headers | {"Content-Encoding": "gzip"})


def _page(*styles: str) -> _Page:
    page = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    if page.count(_TITLE) != 1 or page.count(_END) != 1:
        raise RuntimeError("This Streamlit's index.html is not one that the portal knows.")
    style = "".join((_ASSETS / name).read_text(encoding="utf-8") for name in styles)
    page = page.replace(_TITLE, "<title>Issue Portal</title>")
    # After Streamlit's own styles, which it adds to the head.
    return _Page(page.replace(_END, f"<style>\n{style}</style>\n{_END}"))
