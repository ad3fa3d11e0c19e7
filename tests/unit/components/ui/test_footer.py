"""The links of the footer, which the settings name."""

import pytest

from components.ui import footer
from issue_portal.core.settings import Settings


@pytest.mark.parametrize(
    ("values", "addresses"),
    [
        ({}, []),
        ({"contact": "help@example.com"}, ["mailto:help@example.com"]),
        (
            {"privacy_url": 'https://example.com/?a="&b', "contact": "https://example.com/help"},
            ["https://example.com/?a=&quot;&amp;b", "https://example.com/help"],
        ),
    ],
)
def test_footer_links_to_what_is_set(monkeypatch, values, addresses):
    rendered: list[str] = []
    monkeypatch.setattr(footer, "get_settings", lambda: Settings(**values))
    monkeypatch.setattr(footer.st, "html", rendered.append)
    footer.render()
    assert len(rendered) == bool(addresses)
    links = [part.split('"')[0] for part in "".join(rendered).split('href="')[1:]]
    assert links == addresses
