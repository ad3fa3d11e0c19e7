"""Links that download the issues of a list."""

import html
import re
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from components.issues import export_links
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState


def test_links_keep_the_filters_and_drop_the_page(monkeypatch):
    query = IssueQuery(
        page=3,
        page_size=20,
        total_count=False,
        states=(IssueState.CLOSED,),
        filter_by_text='"><b>&x',
        search="#12",
    )
    monkeypatch.setattr(st, "html", render := Mock())
    export_links.render_links(query)
    [[rendered]] = [call.args for call in render.call_args_list]
    urls = [urlsplit(html.unescape(url)) for url in re.findall('href="([^"]*)"', rendered)]
    assert [url.path for url in urls] == ["issues.csv", "issues.jsonl"]
    for url in urls:
        assert parse_qs(url.query) == {
            "states": ["Closed"],
            "filter_by_text": ['"><b>&x'],
            "search": ["#12"],
        }
    assert "<b>" not in rendered
