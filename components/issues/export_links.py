"""Links that download all issues of a list as a file."""

import html
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from components.ui.i18n import _
from issue_portal.models.requests import IssueQuery

PATH: Final = "issues"

PLACE_PARAMETERS: Final = ("page", "first", "last", "after", "before")

_OF_A_PAGE: Final = (*PLACE_PARAMETERS, "page_size", "total_count")


def links(query: IssueQuery) -> None:
    """Links that download all pages of ``query``."""
    whole = {name: value for name, value in query.to_params().items() if name not in _OF_A_PAGE}
    shown = "".join(
        f'<a href="{html.escape(f"{PATH}.{form}?{urlencode(whole)}")}" download>{words}</a>'
        for form, words in (("csv", _("Download as CSV")), ("jsonl", _("as JSON lines")))
    )
    st.html(f'<p class="downloads">{shown}</p>')
