"""Links that download all issues of a list as a file."""

import html
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from components.issues.criteria import PAGE_PARAMETERS
from components.ui.i18n import _
from issue_portal.models.requests import IssueQuery

PATH: Final = "issues"

_OMITTED_PARAMETERS: Final = (*PAGE_PARAMETERS, "page_size", "total_count")


def render_links(query: IssueQuery) -> None:
    """Render links that download the issues of ``query`` on all pages, as CSV or JSON Lines."""
    parameters = {
        name: value for name, value in query.to_params().items() if name not in _OMITTED_PARAMETERS
    }
    query_string = urlencode(parameters)
    links = "".join(
        f'<a href="{html.escape(f"{PATH}.{extension}?{query_string}")}" download>{label}</a>'
        for extension, label in (("csv", _("Download CSV")), ("jsonl", _("JSONL")))
    )
    st.html(f'<p class="downloads">{links}</p>')
