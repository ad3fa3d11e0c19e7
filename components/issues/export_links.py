"""Links that download all issues of a list as a file."""

import html
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from components.issues.criteria import PLACE_PARAMETERS
from components.ui.i18n import _
from issue_portal.models.requests import IssueQuery

PATH: Final = "issues"

_PAGE_PARAMETERS: Final = (*PLACE_PARAMETERS, "page_size", "total_count")


def render_links(query: IssueQuery) -> None:
    """Render links that download all pages of ``query``."""
    parameters = {
        name: value for name, value in query.to_params().items() if name not in _PAGE_PARAMETERS
    }
    links = "".join(
        f'<a href="{html.escape(f"{PATH}.{form}?{urlencode(parameters)}")}" download>{label}</a>'
        for form, label in (("csv", _("Download CSV")), ("jsonl", _("JSONL")))
    )
    st.html(f'<p class="downloads">{links}</p>')
