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
from tests.servers.processes import ROOT


def test_embedded_form_has_no_navigation(new_person, words):
    visitor = new_person(viewport={"width": 390, "height": 560}).opens(f"{LINK}&embed=true")
    page = visitor.page
    send = page.get_by_role("button", name="Send report")
    expect(send).to_be_in_viewport(ratio=1)
    assert page.get_by_test_id("stMain").evaluate("element => element.scrollTop") == 0
    for name in ("Track", "Help", "Sign in"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.get_by_role("button", name="Español")).to_have_count(0)
    expect(page.get_by_text("You are anonymous", exact=True)).to_be_visible()
    expect(page.locator(".st-key-report_identity")).to_have_count(0)
    visitor.writes(words).presses("Send report").sees(RECEIVED)
    link = page.get_by_role("link", name="Track it")
    expect(link).to_have_attribute("target", "_blank")
    # The receipt is in the fragment, which no server sees.
    url = f"{visitor.server.url}/track#{visitor.receipt()}"
    expect(link).to_have_attribute("href", url)


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
        frame = f'<iframe src="{portal.url}/?embed=true" id="issue-portal"'
        script = (ROOT / "examples" / "embed.html").read_text()
        script = script[script.index("<script>") : script.index("</html>")]
        (tmp_path / "site" / "index.html").write_text(f"{frame}></iframe>{script}")
        page = new_person(portal).context.new_page()
        page.goto(other_site)
        form = page.frame_locator("iframe")
        send = form.get_by_role("button", name="Send report")
        # The script of the example makes the frame as tall as the form. At first, it has 150 px.
        page.wait_for_function("document.querySelector('iframe').clientHeight > 350")
        expect(send).to_be_in_viewport()
        form.get_by_text("No answer").click()
        form.get_by_label("What happened?").fill(words)
        expect(form.locator(".st-key-draft [data-drawn]")).to_be_attached()
        send.click()
        expect(form.get_by_text(RECEIVED)).to_be_visible()
        form.get_by_role("button", name="Report another problem").click()
        expect(form.get_by_label("What happened?")).to_have_value("")
    finally:
        portal.stop()
