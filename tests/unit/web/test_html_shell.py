"""Language and direction of the HTML page."""

import re

import httpx
import pytest
from starlette.responses import HTMLResponse

from components.ui import i18n
from tests.loops import run_in_loop
from web.html_shell import HtmlShellMiddleware


def fetch_page(path: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(HtmlShellMiddleware(HTMLResponse("Streamlit's own")))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.get(path, headers={"Accept": "text/html"} | headers)

    return run_in_loop(ask)


def root_element(path: str, headers: dict[str, str]) -> str:
    answer = fetch_page(path, headers)
    assert answer.headers["vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert answer.headers["cache-control"] == "no-cache"
    [tag] = re.findall("<html[^>]*>", answer.text)
    return tag


ENGLISH = '<html lang="en" dir="ltr">'
SPANISH = '<html lang="es" dir="ltr">'


@pytest.mark.parametrize("path", ["/", "/track", "/?embed=true", "/none"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("accepted", "chosen", "expected"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "", SPANISH),
        ("en-GB,en;q=0.9,es;q=0.8", "", ENGLISH),
        ("fr,fr-FR;q=0.9", "", ENGLISH),
        ("*", "", ENGLISH),
        ("", "", ENGLISH),
        ('"><script>', '"><script>', ENGLISH),
        ("en", "es", SPANISH),
        ("es", "en", ENGLISH),
        ("es", "fr", SPANISH),
    ],
)
def test_page_has_the_language_of_the_browser(path, encoding, accepted, chosen, expected):
    headers = {"Accept-Language": accepted, "Accept-Encoding": encoding}
    if chosen:
        headers["Cookie"] = f"other=1; {i18n.COOKIE}={chosen}"
    assert root_element(path, headers) == expected


@pytest.mark.parametrize(("accepted", "expected"), [("en", "needs"), ("es", "necesita")])
def test_page_without_javascript_says_what_to_do(accepted, expected):
    page = fetch_page("/", {"Accept-Language": accepted}).text
    assert f"<noscript><p>Issue Portal {expected} JavaScript." in page


def test_right_to_left_page_has_its_direction(write_catalogue):
    write_catalogue("ar", 'msgid ""\nmsgstr "Language: ar\\n"\n')
    assert root_element("/", {"Accept-Language": "ar-EG,ar"}) == '<html lang="ar" dir="rtl">'
    # The only other language here is English.
    assert root_element("/", {"Accept-Language": "es"}) == ENGLISH
