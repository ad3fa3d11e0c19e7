"""Language, writing direction and fallback text of the HTML page."""

import re

import httpx
import pytest
from starlette.responses import HTMLResponse

from components.ui import i18n
from tests.loops import run_in_loop
from web.html_shell import HtmlShellMiddleware


def fetch_page(path: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(HtmlShellMiddleware(HTMLResponse("Streamlit's own")))

    async def fetch() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.get(path, headers={"Accept": "text/html"} | headers)

    return run_in_loop(fetch)


def fetch_root_tag(path: str, headers: dict[str, str]) -> str:
    response = fetch_page(path, headers)
    assert response.headers["vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert response.headers["cache-control"] == "no-cache"
    [tag] = re.findall("<html[^>]*>", response.text)
    return tag


ENGLISH = '<html lang="en" dir="ltr">'
SPANISH = '<html lang="es" dir="ltr">'


@pytest.mark.parametrize("path", ["/", "/track", "/?embed=true", "/none"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("accept_language", "cookie", "expected"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "", SPANISH),
        ("en-GB,en;q=0.9,es;q=0.8", "", ENGLISH),
        ("tlh,tlh-001;q=0.9", "", ENGLISH),
        ("*", "", ENGLISH),
        ("", "", ENGLISH),
        ('"><script>', '"><script>', ENGLISH),
        ("en", "es", SPANISH),
        ("es", "en", ENGLISH),
        ("es", "tlh", SPANISH),
    ],
)
def test_language_cookie_overrides_the_browser_language(
    path, encoding, accept_language, cookie, expected
):
    headers = {"Accept-Language": accept_language, "Accept-Encoding": encoding}
    if cookie:
        headers["Cookie"] = f"other=1; {i18n.COOKIE}={cookie}"
    assert fetch_root_tag(path, headers) == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/track?embed=true", 200),
        ("/base/track", 200),
        ("/none", 404),
        ("/not_found", 404),
        ("/base/none", 404),
    ],
)
def test_unknown_addresses_are_not_found(path, status):
    assert fetch_page(path, {}).status_code == status


@pytest.mark.parametrize(
    ("language", "verb"), [("en", "needs"), ("es", "necesita"), ("fr", "a besoin de")]
)
def test_page_asks_for_javascript_in_the_browser_language(language, verb):
    page = fetch_page("/", {"Accept-Language": language}).text
    assert f"<noscript><p>Issue Portal {verb} JavaScript." in page


def test_arabic_page_is_right_to_left(write_catalogue):
    write_catalogue("ar", 'msgid ""\nmsgstr "Language: ar\\n"\n')
    assert fetch_root_tag("/", {"Accept-Language": "ar-EG,ar"}) == '<html lang="ar" dir="rtl">'
    # The portal of this test has only Arabic and English.
    assert fetch_root_tag("/", {"Accept-Language": "es"}) == ENGLISH


def test_page_shows_header_and_title_before_streamlit_is_loaded():
    spanish = {"Accept-Language": "es"}
    page = fetch_page("/insights", spanish).text
    assert 'class="start-header"' in page
    assert "<b>Estadísticas</b>" in page
    assert "<b>" not in fetch_page("/track", spanish).text
    assert 'class="start-' not in fetch_page("/insights?embed=true", spanish).text
