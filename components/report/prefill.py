"""Values for the report form that a link brings."""

import html
import re
from dataclasses import asdict, dataclass, fields
from typing import Final

import streamlit as st

from components.report.embed import address
from issue_portal.models.text_rules import strip_hidden_marks
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:/@+=~-]{1,200}")
"""An id that a link may bring: what is in it can be seen, and told from anything else."""

_HEIGHT = 760


@dataclass(frozen=True)
class Prefill:
    """What a link to the form says already."""

    type: IssueType | None = None
    description: str = ""
    thread: str = ""
    interaction: str = ""
    project: str = ""

    @classmethod
    def from_url(cls) -> "Prefill | None":
        """Read it from the URL, if that says anything; what makes no sense there is left out."""
        given = st.query_params
        if not any(name in given for name in cls.names()):
            return None
        kind = given.get("type", "")
        return cls(
            type=IssueType(kind) if kind in list(IssueType) else None,
            # Marks that nobody sees could tell who followed the link.
            description=strip_hidden_marks(given.get("description", "")[:DESCRIPTION_LIMIT]),
            thread=_reference(given.get("thread", "")),
            interaction=_reference(given.get("interaction", "")),
            project=_reference(given.get("project", "")),
        )

    @classmethod
    def names(cls) -> list[str]:
        """What a link may say."""
        return [field.name for field in fields(cls)]

    def link(self, *, embedded: bool = False) -> str:
        """The address of the form, filled in like this."""
        said = {name: str(value) for name, value in asdict(self).items() if value}
        return address(**said | ({"embed": "true"} if embedded else {}))

    def frame(self, title: str) -> str:
        """HTML that shows the form, filled in like this, in another page."""
        link = html.escape(self.link(embedded=True))
        return (
            f'<iframe src="{link}"\n'
            f'        title="{html.escape(title)}" allow="clipboard-write"\n'
            f'        style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )


def is_reference(text: str) -> bool:
    """Whether a link can bring this as an id."""
    return bool(_REFERENCE.fullmatch(text))


def _reference(text: str) -> str:
    """An id as a link gives it, or nothing if it could hide something."""
    text = text.strip()
    return text if is_reference(text) else ""


LINK_KEY = "report_link"

LINK_ADDRESS_KEY = "report_link_address"


def link_values() -> Prefill | None:
    """What the link to the form said, also once another page has taken it out of the URL."""
    address = st.query_params.to_dict()
    if address != st.session_state.get(LINK_ADDRESS_KEY):
        # Once, not with each run: a long text takes its time.
        st.session_state[LINK_ADDRESS_KEY] = address
        if given := Prefill.from_url():
            st.session_state[LINK_KEY] = given
    kept = st.session_state.get(LINK_KEY)
    return kept if isinstance(kept, Prefill) else None
