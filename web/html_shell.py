"""Streamlit's HTML page with the portal's title, styles and language.

If the page's Python script sent the styles, Streamlit (1.67) would apply them late: the visible
page would jump.
"""

import gzip
import html
import re
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.insights import cards
from components.ui import i18n
from components.ui.i18n import N_
from web import streamlit_compat

_NO_SCRIPT: Final = N_(
    "Issue Portal needs JavaScript. Turn it on in your browser and reload the page."
)
_ASSETS: Final = Path(__file__).parent / "static"
_STYLES: Final = (
    "tokens.css",
    "streamlit.css",
    "frame.css",
    "content.css",
    "report.css",
    "insights.css",
    "actions.css",
    "review_issue.css",
    "review.css",
    "loading.css",
    "start_frame.css",
)
_REPORT_PATH: Final = re.compile("/report(/?)$")
"""A URL that people guess for the report page. The page's URL is "/"."""
_PAGE_PATHS: Final = {
    "/",
    *(f"/{page.stem}" for page in Path("pages").glob("[!_]*.py") if page.stem != "not_found"),
}
_EMBED_QUERY: Final = re.compile(rb"(?:^|&)embed=true(?:&|$)")


class HtmlShellMiddleware:
    """Replaces Streamlit's HTML page with ours, in the user's language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page with our page; pass all other requests on."""
        if (
            scope["type"] != "http"
            or "/api/" in scope["path"]
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self.app(scope, receive, send)
            return
        if match := _REPORT_PATH.search(scope["path"]):
            query = scope["query_string"].decode("latin-1")
            report_url = "../" if match[1] else "./"
            redirect = RedirectResponse(f"{report_url}?{query}" if query else report_url)
            await redirect(scope, receive, send)
            return
        page = _make_page(
            _pick_language(scope),
            is_embedded=_EMBED_QUERY.search(scope["query_string"]) is not None,
            is_insights=scope["path"].endswith("/insights"),
        )
        headers = MutableHeaders(scope=scope)
        if is_page_request(scope):
            # Streamlit (1.67) would take 3 ms to send its page.
            await page.make_response(headers)(scope, receive, send)
            return
        # Below a base path, the name of the page is the last part of the path.
        status = 200 if f"/{scope['path'].rpartition('/')[2]}" in _PAGE_PATHS else 404
        # With these headers, Streamlit could let the browser show a cached page, which may have
        # other styles or another language.
        del headers["if-none-match"], headers["if-modified-since"]
        is_page = False

        async def send_unless_page(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                media_type = Headers(raw=message["headers"]).get("content-type", "")
                is_page = message["status"] == 200 and media_type.startswith("text/html")
            if not is_page:
                await send(message)

        await self.app(scope, receive, send_unless_page)
        if is_page:
            await page.make_response(headers, status)(scope, receive, send)


def is_page_request(scope: Scope) -> bool:
    """Return whether a request is for one of the portal's pages."""
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and (scope["path"] in _PAGE_PATHS)
    )


def _pick_language(scope: Scope) -> str:
    request = Request(scope)
    # The first tag equals `navigator.language`, which Streamlit uses as its locale.
    tag = re.split("[,;]", request.headers.get("accept-language", ""), maxsplit=1)[0]
    return i18n.pick_language(request.cookies.get(i18n.COOKIE, ""), tag.strip())


class _Page:
    """An HTML page that is compressed once, not for each request."""

    def __init__(self, text: str) -> None:
        self._plain = text.encode()
        self._compressed = gzip.compress(self._plain)

    def make_response(self, request_headers: Headers, status: int = 200) -> HTMLResponse:
        """Return the page, compressed if the request's headers allow it."""
        headers = {
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding, Accept-Language, Cookie",
        }
        if "gzip" not in request_headers.get("accept-encoding", ""):
            return HTMLResponse(self._plain, status, headers)
        return HTMLResponse(self._compressed, status, headers | {"Content-Encoding": "gzip"})


@cache
def _make_page(code: str, *, is_embedded: bool, is_insights: bool) -> _Page:
    """Return the page in a language. The first request for it makes it."""
    styles = (*_STYLES, "embedded.css") if is_embedded else _STYLES
    root_tag = f'<html lang="{code}" dir="{i18n.get_text_direction(code)}">'
    style = "".join((_ASSETS / name).read_text(encoding="utf-8") for name in styles)
    icon = quote((_ASSETS / "icon.svg").read_text(encoding="utf-8"))
    page = streamlit_compat.make_index_html(
        root=root_tag,
        title="Issue Portal",
        icon=f"data:image/svg+xml,{icon}",
        style=style,
        no_script=html.escape(i18n.translate(_NO_SCRIPT, code)),
        start="" if is_embedded else _make_start_frame(code, is_insights=is_insights),
    )
    return _Page(page)


def _make_start_frame(code: str, *, is_insights: bool) -> str:
    """Return what the page shows until Streamlit has drawn it: header and logo.

    Streamlit needs about half a second. Insights, whose numbers take longest, also has its title
    and outlines.
    """
    logo = quote((_ASSETS / "logo.svg").read_text(encoding="utf-8"))
    frame = f'<div class="start-header"><img src="data:image/svg+xml,{logo}" alt=""></div>'
    if is_insights:
        frame += f"<b>{html.escape(i18n.translate('Insights', code))}</b>{cards.SKELETON}"
    return f'<div class="start-frame" aria-hidden="true">{frame}</div>'
