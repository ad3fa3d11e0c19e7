"""Values from a link: only valid values fill in the form."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from components.report import embed, prefill
from components.report.prefill import Prefill
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType


@pytest.fixture
def read(monkeypatch):
    """Return the values of a URL with these query parameters."""

    def read(**parameters: str) -> Prefill | None:
        monkeypatch.setattr(prefill.st, "query_params", parameters)
        return Prefill.from_url()

    return read


def test_url_without_values_fills_in_nothing(read):
    assert read() is None
    assert read(embed="true", page="2") is None


def test_link_fills_in_all_values(read):
    values = {"description": "It broke", "thread": "t-1", "interaction": "i:2", "project": "p/3"}
    assert read(type="Format", **values) == Prefill(IssueType.FORMAT, **values)


@pytest.mark.parametrize("value", ["", "format", "Nonsense", "None"])
def test_unknown_type_is_left_out(read, value):
    assert read(type=value) == Prefill()


@pytest.mark.parametrize(
    "value", ["a b", "ä", "a\u200b", "x" * 201, "a<b>", "a`", "a\nb", "{thread}", "a,b"]
)
def test_invalid_id_is_left_out(read, value):
    assert read(thread=value) == Prefill()
    assert not prefill.is_linkable_id(value)


@pytest.mark.parametrize("value", ["a", "x" * 200, "a@b.example", "A-1_2:3/4+5=6~7", " a "])
def test_valid_id_is_kept(read, value):
    assert read(project=value).project == value.strip()


def test_invisible_characters_are_removed_from_the_text(read):
    assert read(description="It\u200b br\u2060oke\U000e0041").description == "It broke"


def test_text_is_cut_to_the_limit_of_a_report(read):
    assert len(read(description="x" * 2 * DESCRIPTION_LIMIT).description) == DESCRIPTION_LIMIT


@pytest.fixture
def set_browser_url(monkeypatch):
    """Set the URL that the browser sends."""

    def set_url(url: str | None) -> None:
        monkeypatch.setattr(embed.st, "context", type("Context", (), {"url": url}))

    return set_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/help", "https://x.example/?type=Format&thread=a%2Fb"),
        (
            "https://x.example/portal/help?a=b#c",
            "https://x.example/portal/?type=Format&thread=a%2Fb",
        ),
        (None, "/?type=Format&thread=a%2Fb"),
        ("https://[", "/?type=Format&thread=a%2Fb"),
    ],
)
def test_link_has_the_host_and_path_of_the_browser(set_browser_url, url, expected):
    set_browser_url(url)
    assert Prefill(IssueType.FORMAT, thread="a/b").build_link() == expected


def test_built_link_is_read_as_the_same_values(set_browser_url, read):
    set_browser_url("https://x.example/")
    values = Prefill(IssueType.OTHER, "Ünïcode & more\nlines", "t", "i", "p")
    assert read(**dict(parse_qsl(urlsplit(values.build_link()).query))) == values


def test_frame_code_escapes_title_and_url(set_browser_url):
    set_browser_url("https://x.example/")
    markup = Prefill(project="a+b").build_frame('A "title" <script>')
    assert 'src="https://x.example/?project=a%2Bb&amp;embed=true"' in markup
    assert 'title="A &quot;title&quot; &lt;script&gt;"' in markup


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/", ""),
        ("https://x.example/review?issue=1", "review"),
        ("https://x.example/a%20b", ""),
        ("https://x.example/" + "x" * 65, ""),
    ],
)
def test_page_name_is_the_last_segment_of_the_path(set_browser_url, url, expected):
    set_browser_url(url)
    assert embed.get_page_name() == expected
