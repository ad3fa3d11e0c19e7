"""The report form embedded in a frame."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.browser.report_links import LINK
from tests.servers.installation import make_portal_server


def test_embedded_form_has_no_navigation(new_person, words):
    visitor = new_person(viewport={"width": 390, "height": 800}).opens(f"{LINK}&embed=true")
    page = visitor.page
    for name in ("Track", "Help", "Sign in"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.get_by_role("button", name="Español")).to_have_count(0)
    expect(page.get_by_label("Report anonymously")).to_have_count(0)
    visitor.writes(words).presses("Send report").sees(RECEIVED)
    link = page.get_by_role("link", name="Track it")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("href", f"{visitor.server.url}/track")


@pytest.fixture
def other_site(tmp_path) -> Iterator[str]:
    """URL of another web server, which serves ``index.html`` in the folder ``site`` of tmp_path."""
    (tmp_path / "site").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_report_can_be_sent_from_a_frame_of_another_site(new_person, tmp_path, other_site, words):
    portal = make_portal_server(tmp_path / "data", ISSUES_EMBED_IN=other_site).start()
    try:
        frame = f'<iframe src="{portal.url}/?embed=true" style="width: 100%; height: 760px">'
        (tmp_path / "site" / "index.html").write_text(frame)
        page = new_person(portal).context.new_page()
        page.goto(other_site)
        form = page.frame_locator("iframe")
        form.get_by_text("No answer").click()
        form.get_by_label("What happened?").fill(words)
        expect(form.get_by_text(f"{len(words)} of 10,000 characters")).to_be_visible()
        form.get_by_role("button", name="Send report").click()
        expect(form.get_by_text(RECEIVED)).to_be_visible()
        form.get_by_role("button", name="Report another problem").click()
        expect(form.get_by_label("What happened?")).to_have_value("")
    finally:
        portal.stop()
