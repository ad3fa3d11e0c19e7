"""The page that the browser opens: Streamlit's, with our title, style and language (ASGI).

Streamlit 1.67 applies a style from a script only after it shows the page, which then jumps.
"""

import gzip
import html
import re
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.ui import i18n
from components.ui.i18n import N_
from web import streamlit_compat

_NO_SCRIPT: Final = N_(
    "Issue Portal needs JavaScript. Turn it on in your browser and reload the page."
)
_ASSETS: Final = Path(__file__).parent / "static"
_STYLES: Final = ("streamlit.css", "content.css", "actions.css", "review.css", "loading.css")
_REPORT_PATH: Final = re.compile("/report(/?)$")
"""A likely guess at the first page\'s address, which is "/"."""
_PAGE_PATHS: Final = {"/", *(f"/{page.stem}" for page in Path("pages").glob("[!_]*.py"))}
_EMBED_QUERY: Final = re.compile(rb"(?:^|&)embed=true(?:&|$)")


class HtmlShellMiddleware:
    """Replaces Streamlit's page with ours, in the person's language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.pages = {code: _make_page(code, *_STYLES) for code in i18n.get_languages()}
        self.framed_pages = {
            code: _make_page(code, *_STYLES, "embedded.css") for code in i18n.get_languages()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page with ours; pass all other requests on."""
        if (
            scope["type"] != "http"
            or "/api/" in scope["path"]
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self.app(scope, receive, send)
            return
        if found := _REPORT_PATH.search(scope["path"]):
            query = scope["query_string"].decode("latin-1")
            first_page = "../" if found[1] else "./"
            answer = RedirectResponse(f"{first_page}?{query}" if query else first_page)
            await answer(scope, receive, send)
            return
        pages = self.framed_pages if _EMBED_QUERY.search(scope["query_string"]) else self.pages
        page = pages[_language(scope)]
        headers = MutableHeaders(scope=scope)
        if is_page_request(scope):
            await page.response(headers)(scope, receive, send)
            return
        # The browser's copy may have another style or language.
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


def is_page_request(scope: Scope) -> bool:
    """Return whether a request asks for a known page. Streamlit would take 3 ms to answer it."""
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and (scope["path"] in _PAGE_PATHS)
    )


def _language(scope: Scope) -> str:
    request = Request(scope)
    # The browser's first tag, as in `navigator.language`, from which Streamlit has its locale.
    tag = re.split("[,;]", request.headers.get("accept-language", ""), maxsplit=1)[0]
    return i18n.pick_language(request.cookies.get(i18n.COOKIE, ""), tag.strip())


class _Page:
    """HTML that is compressed once, not for each request."""

    def __init__(self, text: str) -> None:
        self._plain = text.encode()
        self._compressed = gzip.compress(self._plain)

    def response(self, asked: Headers) -> HTMLResponse:
        """Build the response to a request with these headers."""
        headers = {
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding, Accept-Language, Cookie",
        }
        if "gzip" not in asked.get("accept-encoding", ""):
            return HTMLResponse(self._plain, headers=headers)
        return HTMLResponse(self._compressed, headers=headers | {"Content-Encoding": "gzip"})


def _make_page(code: str, *styles: str) -> _Page:
    root = f'<html lang="{code}" dir="{i18n.get_text_direction(code)}">'
    style = "".join((_ASSETS / name).read_text(encoding="utf-8") for name in styles)
    page = streamlit_compat.make_index_html(
        root=root,
        title="Issue Portal",
        style=style,
        no_script=html.escape(i18n.translate(_NO_SCRIPT, code)),
    )
    return _Page(page)
