"""Values from a link that fill in the report form."""

import html
import re
from dataclasses import asdict, dataclass, fields
from typing import Final

import streamlit as st

from components.report.embed import build_page_url
from issue_portal.models.text_rules import strip_hidden_marks
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType

LINK_VALUES_KEY: Final = "report_link_values"
LINK_PARAMETERS_KEY: Final = "report_link_parameters"
"""Session keys of the last link's values, and of the query parameters that were parsed last."""

_LINKABLE_ID: Final = re.compile(r"[A-Za-z0-9._:/@+=~-]{1,200}")
"""An id that a link may contain: no invisible or look-alike characters."""

FRAME_HEIGHT: Final = 560
"""Pixels. Enough for the whole form, also on a phone; the script below adapts it."""

_FRAME_CODE: Final = """\
<iframe id="issue-portal" src="{link}"
        title="{title}" allow="clipboard-write"
        style="width: 100%; height: {height}px; border: 0"></iframe>
<script>
  addEventListener("message", ({{ source, data }}) => {{
    const frame = document.getElementById("issue-portal");
    if (source === frame.contentWindow && data?.type === "issue-portal:height")
      frame.style.height = `${{data.height}}px`;
  }});
</script>"""
"""A frame, and a script that makes it as tall as the form."""


@dataclass(frozen=True)
class Prefill:
    """The values of a link; the names of the fields are its query parameters."""

    type: IssueType | None = None
    description: str = ""
    thread: str = ""
    interaction: str = ""
    project: str = ""

    @classmethod
    def from_url(cls) -> "Prefill | None":
        """Return the values in the URL, without invalid ones; None if the URL has no values."""
        parameters = st.query_params
        if not any(name in parameters for name in cls.list_names()):
            return None
        issue_type = parameters.get("type", "")
        return cls(
            type=IssueType(issue_type) if issue_type in list(IssueType) else None,
            # Invisible characters could identify the person who followed the link.
            description=strip_hidden_marks(parameters.get("description", "")[:DESCRIPTION_LIMIT]),
            thread=_clean_id(parameters.get("thread", "")),
            interaction=_clean_id(parameters.get("interaction", "")),
            project=_clean_id(parameters.get("project", "")),
        )

    @classmethod
    def list_names(cls) -> list[str]:
        """Return the names of the query parameters."""
        return [field.name for field in fields(cls)]

    def build_link(self, *, embedded: bool = False) -> str:
        """Return the URL of the form with these values."""
        parameters = {name: str(value) for name, value in asdict(self).items() if value}
        return build_page_url(**parameters | ({"embed": "true"} if embedded else {}))

    def build_frame(self, title: str) -> str:
        """Return HTML that shows the form with these values in another page."""
        link = html.escape(self.build_link(embedded=True))
        return _FRAME_CODE.format(link=link, title=html.escape(title), height=FRAME_HEIGHT)


def is_linkable_id(text: str) -> bool:
    """Return whether a link may contain this id."""
    return bool(_LINKABLE_ID.fullmatch(text))


def get_link_values() -> Prefill | None:
    """Return the values of the last link, even if the URL lost them; None without a link."""
    parameters = st.query_params.to_dict()
    if parameters != st.session_state.get(LINK_PARAMETERS_KEY):
        # Parse each URL only once, because a long text takes time.
        st.session_state[LINK_PARAMETERS_KEY] = parameters
        if prefill := Prefill.from_url():
            st.session_state[LINK_VALUES_KEY] = prefill
    values = st.session_state.get(LINK_VALUES_KEY)
    return values if isinstance(values, Prefill) else None


def _clean_id(text: str) -> str:
    """Return an id without spaces around it, or "" if a link may not contain the id."""
    text = text.strip()
    return text if is_linkable_id(text) else ""
