"""The select box for the type of an existing issue."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from components.ui import labels
from components.ui.i18n import _
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueType


def render_type_select(
    issue: Issue,
    *,
    key: str,
    on_change: Callable[[], None] | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> IssueType | None:
    """Render the select box and return its value.

    At first the issue's type is selected. If the type is unknown, nothing is selected.
    """
    types = list(IssueType)
    return st.selectbox(
        _("Type of problem"),
        types,
        index=types.index(IssueType(issue.type)) if issue.type in types else None,
        format_func=labels.format_type,
        key=key,
        on_change=on_change,
        label_visibility=label_visibility,
    )
