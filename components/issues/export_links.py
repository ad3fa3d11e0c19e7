"""Links that download all issues of a list as a file."""

import html
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from components.issues.criteria import PAGE_PARAMETERS
from components.ui.i18n import _
from issue_portal.models.requests import IssueQuery

EXPORT_PATH: Final = "issues"
"""Path of the exported files in the portal, without an extension."""

_OMITTED_PARAMETERS: Final = (*PAGE_PARAMETERS, "page_size", "total_count")


def render_links(query: IssueQuery) -> None:
    """Render links that download all issues that match ``query``, as CSV or JSON Lines."""
    parameters = {
        name: value for name, value in query.to_params().items() if name not in _OMITTED_PARAMETERS
    }
    query_string = urlencode(parameters)
    links = "".join(
        f'<a href="{html.escape(f"{EXPORT_PATH}.{extension}?{query_string}")}" download>{label}</a>'
        for extension, label in (("csv", _("Download CSV")), ("jsonl", _("JSONL")))
    )
    st.html(f'<p class="downloads">{links}</p>')
